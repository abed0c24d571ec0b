# Discord: a fake of its API, delivery, kills of the daemon; included from test/Makefile.
#
#   discord          delivery, retries, limits, refusals, TLS, interactions
#   discord-kill     the daemon killed DISCORD_KILLS times while it delivers

DISCORD_KILLS ?= 30
parts += discord discord-kill

.PHONY: discord discord-kill
discord: built
	@python3 -B test/discord/interactions.py $(BUILD)
	@python3 -B test/discord/delivery.py $(BUILD)

discord-kill: built
	@python3 -B test/discord/delivery.py $(BUILD) $(DISCORD_KILLS)
