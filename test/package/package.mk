# Releases: included from the Makefile.
#
#   dist      build/mod_chat-VERSION.tar.gz, of FROM (HEAD)
#   sbom      build/mod_chat-VERSION.spdx.json: what the programs are linked with
#   man       build/man/chatctl.1, build/man/chatd.8, from the manual
#   manual    build/manual/README.html and all pages that it leads to
#   deb       build/deb/*.deb, from the tarball         rpm   build/rpm/*.rpm
#   reproducible  two builds in different folders are bit for bit the same
#   platforms the table of platforms in docs/packages.md; HTTPD_GIT=DIR: with releases of httpd from its repository
#   packages  the Debian package in a system of its own: install, use, upgrade, remove, purge

FROM    ?= HEAD
version  = $(shell { git show $(FROM):src/base/version.h || cat src/base/version.h; } 2>/dev/null | sed -nE 's/^.define CHAT_VERSION "(.*)"$$/\1/p')
release  = $(BUILD)/mod_chat-$(version)
.PHONY: dist sbom man manual deb rpm reproducible packages platforms

# `git archive` gives every file the time of the commit; gzip -n adds none.
dist:
	@mkdir -p $(BUILD)
	@git archive --prefix=mod_chat-$(version)/ $(FROM) | gzip -9n >$(release).tar.gz
	@echo $(release).tar.gz

sbom: all
	@SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct $(FROM)) python3 -B test/package/sbom.py $(version) $(filter %.so %/chatctl %/chatd,$(artefacts)) >$(release).spdx.json
	@echo $(release).spdx.json

man: $(BUILD)/man/chatctl.1 $(BUILD)/man/chatd.8
$(BUILD)/man/%: test/package/man.sh
	@mkdir -p $(@D)
	$(call say,MAN)test/package/man.sh $(*F) >$@

manual:
	@test/need.sh lowdown
	@test/package/manual.py $(BUILD)/manual

deb: dist
	@test/need.sh dpkg-dev fakeroot debhelper lowdown
	@test/package/deb.sh $(release).tar.gz $(BUILD)/deb

rpm: dist
	@test/need.sh rpm rpmlint lowdown
	@test/package/rpm.sh $(release).tar.gz $(BUILD)/rpm

reproducible:
	@test/package/reproducible.sh $(FROM)

# Needs root and Debian's archive.
packages: deb $(npm)
	@test/need.sh mmdebstrap lintian iproute2 nodejs
	@test/package/deb.sh $$($(MAKE) -s dist FROM=$(RELEASE_BEFORE)) $(BUILD)/deb-before
	@test/package/packages.sh $(BUILD)/deb $(BUILD)/deb-before $(BUILD)/root

platforms:
	@test/need.sh mmdebstrap autoconf libtool libtool-bin libpcre3-dev
	@test/package/platforms.sh $(abspath $(BUILD))/platforms $(HTTPD_GIT)
