# The chat page in a real browser: make page-check; pictures for the manual: make screenshots.
# Without a browser or node the part says so, and the others go on.

parts += page-check
.PHONY: page-check

page-check: built
	@test/page/run.sh test

screenshots: built
	@test/page/run.sh screenshots
