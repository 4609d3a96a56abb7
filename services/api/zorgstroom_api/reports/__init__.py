"""The impact analysis as a page or a workbook."""
