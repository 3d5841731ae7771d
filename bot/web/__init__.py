"""The web pages: the residents' chat and the caseworkers' console."""
