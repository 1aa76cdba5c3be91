"""Building blocks of token sequences, for families and for layouts of your own.

=================  ===============================================================================
``text_tokens``    display strings; special and padding tokens
``text_sequence``  the sequence of a pure text stream
``image_grid``     boxes and names of the patches of a grid
``image_crop``     from what the model was shown back to the original image
``image_tokens``   tokens of an image, as a sequence or in the places of a prompt
=================  ===============================================================================
"""
