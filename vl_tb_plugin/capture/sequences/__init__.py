"""Building blocks of token sequences, for families and for layouts of your own.

Text:

=====================  ===========================================================================
``text_tokens``        display strings; special and padding tokens
``text_sequence``      the sequence of a pure text stream
``decoder_sequence``   what the decoder of an encoder-decoder reads
``marker_tokens``      ids that structure a prompt although no tokenizer calls them special
``prompt_runs``        runs of image tokens in a prompt, and which make up one image
=====================  ===========================================================================

Images:

=====================  ===========================================================================
``image_tokens``       tokens of an image, as a sequence or in the places of a prompt
``image_grid``         boxes and names of the patches of a grid
``pixel_grid``         the grid into which a model cuts its pixels
``patch_grid``         patches of one view, in a tower and merged in a prompt
``patch_order``        the order in which a tower reads patches, where that is not row by row
``class_and_patches``  class token, then patches
``region_sequence``    regions that a detector found
``detection``          cells of feature maps, object queries
``windows``            windows of a grid as entries of the batch axis
=====================  ===========================================================================

From what a model was shown back to the original image, and from a batch to its samples:

=====================  ===========================================================================
``image_crop``         a centre crop
``image_margin``       a margin around the image
``image_views``        the whole image, tiles of it, a canvas on which it lies
``padded_views``       views of different size in one batch
``framed_grid``        grids that do not cover exactly the image
``tile_match``         how tiles lie in an image, told from the pixels
``image_share``        which images of a batch belong to which sample
``joined_sequence``    one sequence after another, as one
=====================  ===========================================================================
"""
