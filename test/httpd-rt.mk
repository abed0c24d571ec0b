# Tests of realtime through httpd, against a stand-in for chatd; included from
# test/Makefile, or by itself:
#     make -f test/httpd-rt.mk rt-httpd
#
#   rt-httpd     every way in on every MPM, restarts, bounds

BUILD ?= build

rth_flags := -std=gnu99 -O2 -g -Wall -Wextra -Werror -D_GNU_SOURCE -Isrc \
             $(shell apr-1-config --includes --cppflags) $(shell apu-1-config --includes)
rth_libs  := -ljansson -lsodium $(shell apu-1-config --link-ld) $(shell apr-1-config --link-ld)
rth_src   := test/daemon/main.c $(sort $(wildcard src/chatd/rt/*.c)) \
             src/base/address.c src/base/json_bounds.c

parts += rt-httpd
.PHONY: rt-httpd

rt-httpd: $(BUILD)/test/fake-chatd $(BUILD)/test/activate
	@test/daemon/run.sh $(BUILD)

$(BUILD)/test/activate: test/daemon/activate.c
	@mkdir -p $(@D)
	$(CC) $(rth_flags) -o $@ $<

$(BUILD)/test/fake-chatd: $(rth_src) $(wildcard src/chatd/rt/*.h src/wire/intake.h)
	@mkdir -p $(@D)
	$(CC) $(rth_flags) -o $@ $(rth_src) $(rth_libs)
