"""The published registers, read into organisations: one module for each format, and the difference they would make.

Pure: lines of bytes in, values out. A bad row never stops an import and never goes unmentioned.
"""
