# Unit tests outbox_*: they link the senders, which libchat does not have.
out_obj := $(patsubst %.c,$(BUILD)/obj/%.o,$(sort $(wildcard src/outbox/*.c)))

$(BUILD)/test/outbox_%: test/unit/outbox_%.c $(BUILD)/libchat.a $(out_obj)
	@mkdir -p $(@D)
	$(CC) $(CHAT_CPPFLAGS) -Itest/unit $(CHAT_CFLAGS) $(CHAT_LDFLAGS) -o $@ $< $(out_obj) $(BUILD)/libchat.a \
	    $(CHAT_LIBS) -lcurl -lcmocka
$(out_obj): built
