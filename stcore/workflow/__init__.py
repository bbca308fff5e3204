"""An experiment from its file to a folder of results: what the command line, the pages and the jobs call."""
