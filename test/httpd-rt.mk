# Tests of realtime through httpd, against a stand-in for chatd; included from
# test/Makefile, or by itself:
#     make -f test/httpd-rt.mk rt-httpd
#
#   rt-httpd     every way in on every MPM, restarts, bounds

BUILD ?= build

rth_flags := -std=gnu99 -O2 -g -Wall -Wextra -Werror -D_GNU_SOURCE -Isrc \
             $(shell apr-1-config --includes --cppflags) $(shell apu-1-config --includes)
rth_libs  := -ljansson -lsodium $(shell apu-1-config --link-ld) $(shell apr-1-config --link-ld)
rth_src   := test/daemon/main.c $(sort $(wildcard src/chatd/rt/*.c))

parts += rt-httpd
.PHONY: rt-httpd

# Its clients are node's. Without it the part says so, and the others go on.
rt-httpd: $(BUILD)/test/fake-chatd
	@if node -e 'process.exit(Number(process.versions.node.split(".")[0] < 18))' 2>/dev/null; then \
	    test/daemon/run.sh $(BUILD); \
	else \
	    echo "test/daemon: skipped, it needs node 18"; \
	    [ -z "$$CHAT_TALLY" ] || echo "0 0 test/daemon (skipped: there is no node 18)" >>"$$CHAT_TALLY"; \
	fi

$(BUILD)/test/fake-chatd: $(rth_src) $(wildcard src/chatd/rt/*.h src/base/intake.h)
	@mkdir -p $(@D)
	$(CC) $(rth_flags) -o $@ $(rth_src) $(rth_libs)
