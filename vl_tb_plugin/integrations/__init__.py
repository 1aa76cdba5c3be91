"""Callbacks for training loops of other libraries, a module each.

None is imported here, so that each asks for its own library only.
"""
