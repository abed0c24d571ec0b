# Tests, benches and lint; included from the Makefile, so there is one set of flags and each file is
# compiled once.
#
#   check    all parts one after the other, then the sum; parts='unit lint' runs some of them
#   unit     programs of test/unit; T=core_policy runs one
#   suite    test/t by Apache::Test; T=http-limits runs one file
#   lint     the rules of the house; T=layers runs one      format   clang-format over everything
#   coverage lines of each folder that unit tests and suite run, and endpoint by test file
#   converge clients and database agree after kills; SEEDS=1000 ENGINE=sqlite|pgsql FIRST=1
#   rounds   three web servers and PostgreSQL while their parts are killed, stopped and cut off; ROUNDS=100
#   asan     unit tests, suite, realtime and a short fault test under AddressSanitizer and UBSan
#   tsan     unit tests, protocol tests and the daemon of the realtime tests under ThreadSanitizer
#   tls-long TLS after the handover: every cut, thousands of sockets, the daemon under both sanitizers
#   fuzz     every program of test/fuzz for FUZZ_SECONDS; T=rt_http runs one
#   bench    ratios to the ceiling beside peers, see test/bench/README.md; BENCH=run: requests alone, BENCH=realtime: events alone,
#            BENCH=raid: people's times while a raid goes on and is undone, BENCH=networks: a look at 10,000 networks,
#            BENCH=beside BENCH_OTHER=DIR: beside another build, BENCH=nodes: one and two web servers on PostgreSQL
#
# The other parts of `check`: seeds (every input that a fuzz program found), faults (killed processes, a full disk),
# converge (random clients while processes are killed), rt-protocol (rt-echo and real Socket.IO clients), realtime (clients through httpd), httpd-realtime (every way in,
# against a stand-in for chatd), discord and discord-kill (against a fake of Discord), docs (every code block of
# the manual), upgrade (from the release before, whose programs are built if git has them), page-check (in Chromium), install-check (make install, uninstall),
# exchanges (the four documents' answers of an old build, byte for byte),
# description (what the parts before it have recorded, against docs/openapi.yaml and docs/asyncapi.yaml).

FUZZ_SECONDS  ?= 20
KILLS         ?= 200
DISCORD_KILLS ?= 30
T             ?=
# sqlite or pgsql: what the sites of suite, realtime, httpd-realtime, page-check, discord, faults, exchanges and upgrade use, a private server of Debian's
ENGINE        ?=
with_engine    = CHAT_ENGINE=$(ENGINE) $(if $(filter pgsql,$(ENGINE)),test/pg.sh run )
TALLY         := $(abspath $(BUILD))/test/tally

# .ci/run begins with the quick ones, and ends with what of them is run on PostgreSQL as well: what asks most of a store.
quick := unit lint seeds docs install-check
slow  := suite faults faults-pg converge rt-protocol realtime httpd-realtime discord discord-kill upgrade exchanges page-check description
pgsql := suite-pgsql realtime-pgsql
# what .ci/run runs beside the rest of slow: it waits more than it works, and shares nothing with that
beside := $(pgsql) page-check discord-kill
pgsql_suite    := button-accounts button-channels button-conversation button-direct button-sessions chatctl-backup chatctl-erase chatctl-copy chatctl-reach chatctl-rooms chatctl-transfer \
                  chatroom-invites chatroom-isolation chatroom-rooms http-limits signon-guests teendevops-session
pgsql_realtime := chat conversation lost
parts := $(quick) $(slow)
.PHONY: need-check built unit-programs seed-programs

# Objects that libchat does not have, for the tests that ask for them: a linker takes from an archive what it needs.
tested   := $(BUILD)/test/libtested.a
$(tested): $(filter-out $(BUILD)/obj/src/chatd/main.o,$(chatd_obj)) $(rt_obj) $(out_obj) $(mod_obj)
	@mkdir -p $(@D) && rm -f $@
	$(call say,AR)$(AR) rcs $@ $(sort $^)

archives := $(tested) $(BUILD)/libchat.a
test_cc   = $(call say,TEST)$(CC) $(cppflags) -Itest/unit -Itest/lib $(cflags) $(ldflags) -o $@ $<
test_libs = $(archives) $(base_libs) -Wl,--as-needed -lcurl -lssl -lcrypto

$(BUILD)/test/%: test/unit/%.c $(archives) | need-unit
	$(test_cc) $(test_libs) -lcmocka
$(BUILD)/test/fuzz_%: test/fuzz/%.c $(wildcard test/lib/*.h) $(archives)
	$(test_cc) -fsanitize=fuzzer $(test_libs)
$(BUILD)/test/seed_%: test/fuzz/%.c test/lib/replay.c $(wildcard test/lib/*.h) $(archives)
	$(test_cc) test/lib/replay.c $(test_libs)
$(BUILD)/test/fake-chatd: test/httpd-realtime/fake_chatd.c $(archives)
	$(test_cc) $(test_libs)
$(BUILD)/test/tls-client: test/httpd-realtime/tls_tests.c test/httpd-realtime/tls_client.c test/httpd-realtime/tls_client.h | $(tested)
	$(test_cc) test/httpd-realtime/tls_client.c -lssl -lcrypto
$(BUILD)/test/activate: test/httpd-realtime/activate.c | $(tested)
	$(test_cc)
$(BUILD)/test/mod_record.so: test/description/record.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(cppflags) -O2 -shared -fPIC -o $@ $<
rt-fan: $(BUILD)/rt-fan
$(BUILD)/rt-fan: test/bench/rt_fan.c $(archives)
	$(test_cc) $(test_libs)

$(BUILD)/bench-networks: test/bench/networks.c $(archives) | need-unit
	$(test_cc) $(test_libs) -lcmocka

all_of    = $(patsubst test/$(1)/%.c,$(BUILD)/test/$(2)%,$(if $(T),$(T:%=test/$(1)/%.c),$(sort $(wildcard test/$(1)/*.c))))
built: all

.PHONY: need-unit need-suite need-lint
need-unit: need
	@test/need.sh libcmocka-dev
need-suite: need
	@test/need.sh libapache2-mod-perl2 libxml2-utils curl openssl prometheus
	@test/need.sh $(test_packages) || :
need-lint: need
	@test/need.sh clang-format python3 universal-ctags

# One part at a time: they share a build and a machine.
check: need-unit need-suite need-lint $(BUILD)/test/mod_record.so $(BUILD)/test/clock.so
	@test/need.sh sqlite3 && test/ready.sh $(parts)
	@mkdir -p $(BUILD)/test && rm -f $(TALLY); rc=0; \
	    record=$$(mktemp -d) && chmod 1777 $$record && cp $(BUILD)/test/mod_record.so $$record || exit 1; \
	    for part in $(parts); do CHAT_TALLY=$(TALLY) CHAT_RECORD=$$record $(MAKE) $$part || rc=1; done; \
	    rm -rf $$record; test/sum.sh $(TALLY) && exit $$rc

unit-programs: $(call all_of,unit,)
unit: built unit-programs
	@test/pg.sh run test/unit.sh $(call all_of,unit,)

suite: built need-suite $(BUILD)/test/clock.so
	@$(with_engine)test/t/TEST -build $(BUILD) $(T:%=t/%.t)

suite-pgsql:
	@$(MAKE) suite ENGINE=pgsql T='$(pgsql_suite)'
realtime-pgsql:
	@CHAT_RT_KILLS=10 $(MAKE) realtime ENGINE=pgsql T='$(pgsql_realtime)'

lint: built need-lint
	@BUILD=$(BUILD) test/lint.sh $(T)

format:
	@test/need.sh clang-format
	clang-format -i $$(find src test mod_chat.c -name node_modules -prune -o -name '*.[ch]' -print)

faults: built need-suite
	@$(with_engine)test/faults/run.sh $(BUILD) $(KILLS)

install-check: built
	@CHAT_BUILD=$(BUILD) test/install.sh

seed-programs: $(call all_of,fuzz,seed_)
seeds: seed-programs
	@test/seeds.sh $(call all_of,fuzz,seed_)

npm := test/realtime/node_modules/.installed
$(npm): test/realtime/package.json test/realtime/package-lock.json
	@! command -v npm >/dev/null || test/npm.sh test/realtime && touch $@ 2>/dev/null || :

node_tests = @CHAT_BUILD=$(abspath $(BUILD)) $(with_engine)test/node.sh $@
rt-protocol: built $(npm)
	$(node_tests) $(if $(T),$(T:%=test/realtime/%.test.js),test/realtime/*.test.js)
realtime: built $(npm)
	$(node_tests) $(if $(T),$(T:%=test/realtime/chat/%.test.js),test/realtime/chat/*.test.js)
httpd-realtime: built $(BUILD)/test/fake-chatd $(BUILD)/test/activate $(BUILD)/test/tls-client
	$(node_tests) $(if $(T),$(T:%=test/httpd-realtime/%.test.js),test/httpd-realtime/*.test.js)

$(BUILD)/test/clock.so: test/faults/clock.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) -O2 -shared -fPIC -D_GNU_SOURCE -o $@ $< -ldl
faults-pg: before-built $(npm) $(BUILD)/test/clock.so
	@CHAT_BUILD=$(abspath $(BUILD)) test/pg.sh run test/node.sh $@ $(if $(T),$(T:%=test/faults/%.test.js),$(addprefix test/faults/,start.test.js nodes.test.js cluster.test.js life.test.js))

# ROUNDS=100 before a release; FIRST is the seed.
ROUNDS ?= 10
rounds: built $(npm)
	@CHAT_BUILD=$(abspath $(BUILD)) CHAT_ROUNDS=$(ROUNDS) CHAT_FIRST=$(FIRST) CHAT_TIMEOUT=14400 CHAT_DIAGNOSE=1 \
	    test/pg.sh run test/node.sh $@ test/faults/rounds.test.js

# SEEDS=1000 ENGINE=pgsql runs more of one engine; FIRST is the first seed.
converge: built $(npm)
	@CHAT_BUILD=$(abspath $(BUILD)) CHAT_SEEDS=$(SEEDS) CHAT_FIRST=$(FIRST) CHAT_ENGINE=$(ENGINE) \
	    CHAT_TIMEOUT=$(if $(SEEDS),14400) test/pg.sh run test/node.sh $@ test/faults/converge.test.js

discord: built
	@$(with_engine)python3 -B test/discord/interactions.py $(BUILD)
	@$(with_engine)python3 -B test/discord/delivery.py $(BUILD)
discord-kill: built
	@$(with_engine)python3 -B test/discord/delivery.py $(BUILD) $(DISCORD_KILLS)

docs: built
	@test/need.sh curl jq
	@python3 -B test/docs/run.py $(BUILD) $(T:%=docs/%.md)

# The release before: databases of it are in test/data/upgrade, its programs come out of git.
RELEASE_BEFORE ?= 9516a49
before         := $(BUILD)/before
# A later compiler may warn of what was good then.
before-built: built
	@[ -e $(before)/built-$(RELEASE_BEFORE) ] || ! git cat-file -e $(RELEASE_BEFORE)^{commit} 2>/dev/null || { \
	    rm -rf $(before) && mkdir -p $(before) && git archive $(RELEASE_BEFORE) | tar -x -C $(before) && \
	    { $(MAKE) -s -C $(before) BUILD=build WARN=-w >$(before)/log 2>&1 || { cat $(before)/log; false; }; } && \
	    touch $(before)/built-$(RELEASE_BEFORE); }
upgrade: before-built $(npm)
	@$(with_engine)python3 -B test/upgrade/run.py $(BUILD) $$(ls -d $(before)/build 2>/dev/null)

exchanges: built
	@$(with_engine)python3 -B test/exchanges/run.py $(BUILD) $(T)

# What the parts before it have recorded; alone, it lets two of them run.
description: built
	@test/need.sh python3-jsonschema python3-yaml
	@if [ -n "$$CHAT_RECORD" ]; then python3 -B test/description/check.py --mutate "$$CHAT_RECORD"; \
	    else $(MAKE) check parts='suite realtime discord description'; fi

page-check: built $(if $(shell command -v npm),npm) $(BUILD)/test/clock.so
	@CHAT_BUILD=$(abspath $(BUILD)) $(with_engine)test/page/run.sh test
	@test/t/TEST -build $(BUILD) t/signon-minute.t
screenshots: built
	@CHAT_BUILD=$(abspath $(BUILD)) test/page/run.sh screenshots

# httpd itself is not instrumented: the library is loaded in front of it, and its own leaks at exit are not ours. The
# unit tests look for leaks.
asan:
	@CHAT_PRELOAD="$$($(CC) -print-file-name=libasan.so)" UBSAN_OPTIONS=print_stacktrace=1 $(MAKE) check \
	    BUILD=$(BUILD)/asan OPT='-O1 -g' KILLS=20 parts='unit suite faults seeds rt-protocol realtime' \
	    EXTRA='-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer'

# httpd cannot be instrumented; its daemon, which has the threads, is.
tsan: all
	@$(MAKE) check BUILD=$(BUILD)/tsan OPT='-O1 -g' EXTRA='-fsanitize=thread' parts='unit rt-protocol'
	@CHAT_DAEMON=$(abspath $(BUILD))/tsan/chatd $(MAKE) realtime

# TLS after the handover at length: every cut, many sockets; the stand-in daemon, which frees nothing at its end, under
# each sanitizer. TLS_MANY=10000 takes a big machine.
TLS_MANY ?= 2500
tls_long  = CHAT_TLS_ALL=1 CHAT_TLS_MANY=$(TLS_MANY) $(MAKE) httpd-realtime T=tls
tls-long: built
	@$(MAKE) $(BUILD)/asan/test/fake-chatd BUILD=$(BUILD)/asan OPT='-O1 -g' \
	    EXTRA='-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer'
	@$(MAKE) $(BUILD)/tsan/test/fake-chatd BUILD=$(BUILD)/tsan OPT='-O1 -g' EXTRA='-fsanitize=thread'
	@$(tls_long)
	@ASAN_OPTIONS=detect_leaks=0 CHAT_FAKE=$(abspath $(BUILD))/asan/test/fake-chatd $(tls_long)
	@CHAT_FAKE=$(abspath $(BUILD))/tsan/test/fake-chatd $(tls_long)

coverage:
	@test/need.sh gcovr
	@test/coverage.sh $(BUILD)/coverage $(MAKE) check BUILD=$(BUILD)/coverage OPT=-O0 EXTRA=--coverage parts='unit suite'
	@test/endpoints.sh
endpoints:
	@test/endpoints.sh

# What a program finds stays below BUILD; as a file of test/data/fuzz/NAME it is a seed.
fuzz:
	@test/need.sh clang libclang-rt-dev
	@$(MAKE) fuzz-programs BUILD=$(BUILD)/fuzz CC=clang OPT='-O1 -g' \
	    EXTRA='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined'
	@test/fuzz.sh $(BUILD)/fuzz $(FUZZ_SECONDS) $(T)
fuzz-programs: $(call all_of,fuzz,fuzz_)

bench: built $(if $(filter networks,$(BENCH)),$(BUILD)/bench-networks)
	@$(if $(filter networks,$(BENCH)),$(BUILD)/bench-networks,test/bench/$(or $(BENCH:%=%.sh),all.sh) $(BUILD))

-include $(wildcard $(BUILD)/test/*.d)
