# Tests of the realtime layers; included from test/Makefile, or by itself:
#     make -f test/rt.mk rt-check
#
#   rt-unit      unit tests          rt-seeds     fuzz seeds as ordinary tests
#   rt-protocol  protocol, hostile and real clients against $(BUILD)/rt-echo
#   rt-chat      real clients of the chat through httpd; needs `make`, and node
#   rt-check     the first three        rt-asan      the same under ASan and UBSan
#   rt-fuzz      each fuzz target for $(FUZZ_SECONDS) s
#   rt-bench     the fan-out server for the benches, $(BUILD)/rt-fan

BUILD        ?= build
FUZZ_SECONDS ?= 60
CLANG        ?= clang
RT_EXTRA     ?=
RT_OUT       ?= $(BUILD)/rt

rt_src     := $(sort $(wildcard src/chatd/rt/*.c)) src/base/address.c src/base/json_bounds.c
rt_apr     := $(shell apr-1-config --includes --cppflags) $(shell apu-1-config --includes)
rt_flags   := -std=gnu99 -O2 -g -Wall -Wextra -Werror -fvisibility=hidden -D_GNU_SOURCE -Isrc $(rt_apr)
rt_libs    := -ljansson -lsodium $(shell apu-1-config --link-ld) $(shell apr-1-config --link-ld) -lpthread
rt_san     := -fsanitize=address,undefined -fno-sanitize-recover=undefined
rt_units   := $(patsubst test/unit/%.c,$(RT_OUT)/%,$(wildcard test/unit/rt_*.c))
rt_targets := http ws payload message
rt_lib     := $(RT_OUT)/librt.a
rt_deps    := $(rt_lib) $(wildcard src/chatd/rt/*.h)

# of `make check`, which has the units in its own part
parts += rt-seeds rt-protocol

.PHONY: rt-check rt-unit rt-seeds rt-protocol rt-chat rt-asan rt-fuzz rt-bench

rt-check: rt-unit rt-seeds rt-protocol

rt-unit: $(rt_units)
	@for t in $^; do $$t || exit 1; done

rt-seeds: $(rt_targets:%=$(RT_OUT)/replay_%)
	@test/seeds.sh $(RT_OUT) $(rt_targets)

rt-protocol: $(RT_OUT)/rt-echo $(if $(shell command -v npm),test/realtime/node_modules/.installed)
	@RT_ECHO=$(abspath $<) test/node.sh rt-protocol test/realtime/*.test.js

rt-chat:
	@test/realtime.sh $(BUILD) $(MAKE)

rt-asan:
	RT_SANITIZED=1 $(MAKE) -f test/rt.mk rt-check CC=$(CLANG) RT_EXTRA="$(rt_san)" RT_OUT=$(BUILD)/rt-asan BUILD=$(BUILD)

rt-fuzz: $(rt_targets:%=$(RT_OUT)/fuzz_%)
	@for t in $(rt_targets); do mkdir -p $(RT_OUT)/corpus/$$t; \
	    $(RT_OUT)/fuzz_$$t -max_total_time=$(FUZZ_SECONDS) -max_len=6000 \
	        -artifact_prefix=$(RT_OUT)/crash-$$t- $(RT_OUT)/corpus/$$t test/data/rt/$$t || exit 1; done

rt-bench: $(BUILD)/rt-fan
$(BUILD)/rt-fan: test/bench/rt_fan.c $(rt_deps)
	@mkdir -p $(@D)
	$(CC) $(rt_flags) $(RT_EXTRA) -o $@ $< $(rt_lib) $(rt_libs)

$(RT_OUT)/obj/%.o: src/%.c $(wildcard src/chatd/rt/*.h)
	@mkdir -p $(@D)
	$(CC) $(rt_flags) $(RT_EXTRA) -c -o $@ $<

$(rt_lib): $(rt_src:src/%.c=$(RT_OUT)/obj/%.o)
	@rm -f $@
	$(AR) rcs $@ $^

$(RT_OUT)/rt-echo: $(wildcard src/chatd/echo/*.c) $(rt_deps)
	@mkdir -p $(@D)
	$(CC) $(rt_flags) $(RT_EXTRA) -o $@ $(filter %.c,$^) $(rt_lib) $(rt_libs)

$(rt_units): $(RT_OUT)/%: test/unit/%.c $(rt_deps)
	@mkdir -p $(@D)
	$(CC) $(rt_flags) $(RT_EXTRA) -o $@ $< $(rt_lib) -lcmocka $(rt_libs)

$(RT_OUT)/replay_%: test/fuzz/rt_%.c test/fuzz/rt_replay.c $(rt_deps)
	@mkdir -p $(@D)
	$(CC) $(rt_flags) $(RT_EXTRA) -o $@ $< test/fuzz/rt_replay.c $(rt_lib) $(rt_libs)

# with sanitizers of their own in the layers
$(RT_OUT)/fuzz_%: test/fuzz/rt_%.c $(rt_src) $(wildcard src/chatd/rt/*.h)
	@mkdir -p $(@D)
	$(CLANG) $(rt_flags) -fsanitize=fuzzer $(rt_san) -o $@ $< $(rt_src) $(rt_libs)

test/realtime/node_modules/.installed: test/realtime/package.json test/realtime/package-lock.json
	cd test/realtime && npm ci --no-audit --no-fund
	@touch $@
