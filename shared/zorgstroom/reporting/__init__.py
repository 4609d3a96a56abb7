"""The impact analysis: from result tables to one document, and from that to HTML and Excel.

impact      the document
readings    the tables as the report asks for them
build       tables -> document, with a module per part: places, waiting, capacity, doubts (and wording: its
            sentences as catalogue keys)
rendering   sentence keys -> sentences
views       document -> tables of cells, the same for every form
printed     which part of these tables a page shows
svg         charts
html, excel the two forms
"""
