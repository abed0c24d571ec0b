# mod_chat: build, run, install. Tests, benches and lint live in test/test.mk.
#
#   make            build/mod_chat.so, build/chatd, build/chatctl; V=1 shows the whole commands
#   make run        build and serve on http://127.0.0.1:$(PORT)/, state in $(STATE)/
#   make check      every test            make bench     ratios against the peers
#   make deps       install missing Debian packages (as root)
#   make install    into $(DESTDIR), where apxs says; make uninstall removes it again
#   make deb        Debian packages; dist, rpm, sbom and more: test/package/package.mk

PORT    ?= 8080
STATE   ?= run
BUILD   ?= build
APXS    ?= apxs
export APXS
DESTDIR ?=
PREFIX  ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
MANDIR  ?= $(PREFIX)/share/doc/mod_chat
PAGEDIR ?= $(PREFIX)/share/mod_chat/page

# As many jobs as there are processors, unless -j says otherwise.
ifeq ($(MAKELEVEL)$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 1)
endif
MAKEFLAGS += --no-print-directory

# Asked once and only when something is built: a machine without apxs can still
# run `make deps`.
have_tools := $(shell command -v $(APXS) 2>/dev/null)
ifneq ($(have_tools),)
httpd_inc  := $(shell $(APXS) -q INCLUDEDIR)
libexecdir := $(shell $(APXS) -q LIBEXECDIR)
sysconfdir := $(shell $(APXS) -q SYSCONFDIR)
mods        = $(DESTDIR)$(sysconfdir)/mods-available
httpd_bin  := $(shell $(APXS) -q SBINDIR)/$(shell $(APXS) -q PROGNAME)
apr_flags  := $(patsubst -I%,-isystem %,$(shell $$($(APXS) -q APR_CONFIG) --includes --cppflags))
apu_flags  := $(patsubst -I%,-isystem %,$(shell $$($(APXS) -q APU_CONFIG) --includes))
apr_libs   := $(shell $$($(APXS) -q APU_CONFIG) --link-ld) $(shell $$($(APXS) -q APR_CONFIG) --link-ld)
endif

OPT      ?= -O2 -g
WARN     := -Wall -Wextra -Werror
EXTRA    ?=
# CPPFLAGS, CFLAGS, LDFLAGS and EXTRA are the builder's: they are added and replace nothing.
cppflags  = -Isrc -I$(BUILD)/gen -isystem $(httpd_inc) $(apr_flags) $(apu_flags) -D_GNU_SOURCE $(CPPFLAGS)
# No path of this machine gets into a program: it is the same wherever it is built.
cflags   := -std=gnu99 $(OPT) $(WARN) -fPIC -fvisibility=hidden -MMD -MP -ffile-prefix-map=$(CURDIR)=. $(CFLAGS) $(EXTRA)
ldflags  := $(LDFLAGS) $(EXTRA)
base_libs := -ljansson -lsodium -lunistring -lsqlite3 $(apr_libs) -lpthread

# libchat: everything that knows no httpd; what each artefact adds to it stands
# in a folder of its own.
lib_dirs := base wire core store render api
objects   = $(patsubst %.c,$(BUILD)/obj/%.o,$(sort $(wildcard $(1)/*.c)))
# the command, or with V unset a short line in its place
say       = $(if $(V),,@printf '  %-4s %s\n' $(1) $(@:$(BUILD)/%=%) &&)
lib_obj  := $(foreach d,$(lib_dirs),$(call objects,src/$(d))) $(BUILD)/obj/gen/sql_table.o
mod_obj  := $(BUILD)/obj/mod_chat.o $(foreach d,httpd httpd/config httpd/request httpd/realtime httpd/watch,$(call objects,src/$(d)))
ctl_obj  := $(call objects,src/chatctl)
rt_obj   := $(call objects,src/chatd/rt)
out_obj  := $(call objects,src/outbox)
chatd_obj := $(if $(wildcard src/chatd/*.c),$(call objects,src/chatd) $(out_obj))
echo_obj := $(BUILD)/obj/test/realtime/echo.o
page      := $(patsubst src/page/%,%,$(shell find src/page -type f)) widget-en.js
artefacts := $(if $(wildcard mod_chat.c),$(BUILD)/mod_chat.so) \
             $(if $(ctl_obj),$(BUILD)/chatctl) \
             $(if $(chatd_obj),$(BUILD)/chatd) \
             $(if $(wildcard test/realtime/echo.c),$(BUILD)/rt-echo) \
             $(page:%=$(BUILD)/page/%)

.DEFAULT_GOAL := all
test_goals := check unit suite lint faults seeds rt-protocol realtime httpd-realtime discord discord-kill docs \
              upgrade page-check install-check screenshots format asan tsan tls-long coverage endpoints fuzz fuzz-programs bench rt-fan \
              sbom man manual deb rpm reproducible packages platforms
goals := all lib run npm install $(test_goals)
.PHONY: $(goals) need deps uninstall clean

# Debian packages that the build and the running module need
packages := gcc make pkg-config apache2 apache2-dev libaprutil1-dbd-sqlite3 libaprutil1-dbd-pgsql \
            libjansson-dev libsodium-dev libunistring-dev libsqlite3-dev libcurl4-openssl-dev \
            libssl-dev
# and tests of what a site may have in front of it, which are left out where these cannot be installed
test_packages := slapd libapache2-mod-auth-openidc libapache2-mod-security2 modsecurity-crs php-cli gnutls-bin
need:
	@test/need.sh $(packages)
deps:
	@test/need.sh --install $(packages) $(test_packages)

ifeq ($(have_tools),)
# Nothing can be asked of apxs yet: get it, then start over, once.
$(goals): need
	@[ -z "$$CHAT_STARTED_OVER" ] || { echo "there is no $(APXS); name it with APXS=PROGRAM" >&2; exit 1; }
	@CHAT_STARTED_OVER=yes $(MAKE) $@
else

all: need $(artefacts)
lib: need $(BUILD)/libchat.a $(out_obj)

$(BUILD)/mod_chat.so: $(mod_obj) $(BUILD)/libchat.a src/httpd/exports.map
	$(call say,LINK)$(CC) -shared $(ldflags) -Wl,--version-script=src/httpd/exports.map -o $@ $(mod_obj) $(BUILD)/libchat.a $(base_libs)

ctl_out := $(BUILD)/obj/src/outbox/http.o
$(BUILD)/chatctl: $(ctl_obj) $(ctl_out) $(BUILD)/libchat.a
	$(call say,LINK)$(CC) $(ldflags) -o $@ $(ctl_obj) $(ctl_out) $(BUILD)/libchat.a $(base_libs) -lcurl

$(BUILD)/chatd: $(chatd_obj) $(rt_obj) $(BUILD)/libchat.a
	$(call say,LINK)$(CC) $(ldflags) -o $@ $(chatd_obj) $(rt_obj) $(BUILD)/libchat.a $(base_libs) -lcurl -lcrypto

$(BUILD)/rt-echo: $(echo_obj) $(rt_obj) $(BUILD)/libchat.a
	$(call say,LINK)$(CC) $(ldflags) -o $@ $(echo_obj) $(rt_obj) $(BUILD)/libchat.a $(base_libs) -lcrypto

$(BUILD)/libchat.a: $(lib_obj)
	@rm -f $@
	$(call say,AR)$(AR) rcs $@ $^

# where the daemon is when it is not beside the module
$(mod_obj): cppflags += -DCHAT_SBINDIR='"$(SBINDIR)"'
# where `chatctl serve` looks first
$(ctl_obj): cppflags += -DCHATCTL_HTTPD='"$(httpd_bin)"' -DCHATCTL_MODULES='"$(libexecdir)"' \
                       -DCHATCTL_PAGE='"$(PAGEDIR)"' -DCHATCTL_CONF='"$(sysconfdir)"'

$(BUILD)/obj/%.o: %.c | need $(BUILD)/gen/sql_table.h
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(cppflags) $(cflags) -c -o $@ $<

$(BUILD)/obj/gen/sql_table.o: $(BUILD)/gen/sql_table.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(cppflags) $(cflags) -c -o $@ $<

sql_files := $(sort $(wildcard sql/*.sql))
$(BUILD)/gen/sql_table.h: $(sql_files) sql/compile.awk
	@mkdir -p $(@D)
	$(call say,SQL)awk -v what=header -f sql/compile.awk $(sql_files) >$@.tmp && mv $@.tmp $@
$(BUILD)/gen/sql_table.c: $(BUILD)/gen/sql_table.h
	$(call say,SQL)awk -v what=source -f sql/compile.awk $(sql_files) >$@.tmp && mv $@.tmp $@

# The page is served as it stands, but for the comments of its scripts
$(BUILD)/page/%.js: src/page/%.js src/page.sed
	@mkdir -p $(@D)
	@sed -f src/page.sed $< >$@.tmp && mv $@.tmp $@

# English needs no request of its own
$(BUILD)/page/widget-en.js: src/page/lang/widget.en.json
	@mkdir -p $(@D)
	@(printf 'export default '; cat $<) >$@.tmp && mv $@.tmp $@

$(BUILD)/page/%: src/page/%
	@mkdir -p $(@D)
	@install -p -m 644 $< $@

# The client module as an npm package; nothing is uploaded
npm: $(BUILD)/page/chat-client.js
	@rm -rf $(BUILD)/npm && mkdir -p $(BUILD)/npm/package
	@cp src/page/chat-client.js src/npm/chat-client.d.ts LICENSE $(BUILD)/npm/package && cp docs/client.md $(BUILD)/npm/package/README.md
	@sed "s/@VERSION@/$$(sed -nE 's/^#define CHAT_VERSION "(.*)"$$/\1/p' src/base/version.h)/" src/npm/package.json >$(BUILD)/npm/package/package.json
	@cd $(BUILD)/npm && npm pack --silent ./package

run:
	@state=$$(test/run_state.sh "$(STATE)" $(if $(filter file,$(origin STATE)),/var/lib/mod_chat/run)) && \
	    $(MAKE) all && exec $(BUILD)/chatctl serve --state "$$state" --port $(PORT)

include test/test.mk
include test/package/package.mk

install: all
	install -d $(DESTDIR)$(libexecdir) $(DESTDIR)$(SBINDIR) $(DESTDIR)$(MANDIR)
	install -m 644 $(BUILD)/mod_chat.so $(DESTDIR)$(libexecdir)/mod_chat.so
	install -m 755 $(BUILD)/chatctl $(DESTDIR)$(SBINDIR)/chatctl
	$(if $(chatd_obj),install -m 755 $(BUILD)/chatd $(DESTDIR)$(SBINDIR)/chatd)
	for f in $(page); do install -d $(DESTDIR)$(PAGEDIR)/$$(dirname $$f) && \
	    install -m 644 $(BUILD)/page/$$f $(DESTDIR)$(PAGEDIR)/$$f || exit 1; done
	sed 's#^\(Define CHAT_PAGE\) .*#\1 $(PAGEDIR)#' conf/page.conf >$(DESTDIR)$(PAGEDIR).conf
	install -m 644 *.md README LICENSE NOTICE CHANGES $(DESTDIR)$(MANDIR)
	for d in docs docs/directives docs/examples conf conf/fail2ban; do \
	    install -d $(DESTDIR)$(MANDIR)/$$d && \
	    find $$d -maxdepth 1 -type f -exec install -m 644 -t $(DESTDIR)$(MANDIR)/$$d {} + || exit 1; \
	done
	[ ! -d $(mods) ] || sed 's#/usr/lib/apache2/modules#$(libexecdir)#' conf/chat.load >$(mods)/chat.load
	[ ! -d $(mods) ] || [ -e $(mods)/chat.conf ] || install -m 644 conf/chat.conf $(mods)/chat.conf

endif

# httpd does not start when a module that it loads is not there
uninstall:
	@loads=$$(grep -RlsE '^[[:space:]]*LoadModule[[:space:]]+chat_module' $(DESTDIR)$(sysconfdir) | grep -v /mods-available/); \
	    [ -z "$$loads" ] || { echo "$$loads loads mod_chat: a2dismod chat (or remove the line), reload httpd, then make uninstall"; exit 1; }
	@[ ! -e $(mods)/chat.conf ] || { cmp -s conf/chat.conf $(mods)/chat.conf && rm $(mods)/chat.conf; } || echo "$(mods)/chat.conf was changed and stays"
	rm -f $(mods)/chat.load $(DESTDIR)$(libexecdir)/mod_chat.so $(DESTDIR)$(SBINDIR)/chatctl $(DESTDIR)$(SBINDIR)/chatd
	rm -rf $(DESTDIR)$(MANDIR) $(DESTDIR)$(PAGEDIR) $(DESTDIR)$(PAGEDIR).conf
	rmdir --ignore-fail-on-non-empty $(DESTDIR)$(dir $(PAGEDIR)) 2>/dev/null || :

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
