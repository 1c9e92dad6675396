"""The guide: pages in Markdown that come with the package, their parts written by the code, and a site made of them.

A page is `TOPIC.md`: a title, a paragraph that says what it is for, then the text. A line like
`<!-- from the code: parameters gq -->` is replaced by what a function of tables.py returns, so that no number, unit,
equation or option is typed by hand. Every example in a page is run by tests/test_guide.py.
"""
