# lastsync: `make help` names what there is to make.

BUILD ?= build
CC ?= cc

# The user's flags stay the user's; what the code needs is apart.
CFLAGS ?= -O2 -g -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
LDFLAGS ?= -pie -Wl,-z,relro,-z,now

PACKAGES = json-c hiredis zlib
OUR_CFLAGS = -std=c11 -D_POSIX_C_SOURCE=200809L -Icgi -MMD -MP \
	-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
	-Wwrite-strings -Wcast-qual -Wvla -Wundef -Wno-missing-field-initializers \
	$(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
OUR_LDLIBS = -lfcgi $(shell pkg-config --libs $(PACKAGES) 2>/dev/null)

SOURCES = $(wildcard cgi/*.c cgi/*/*.c)
SCRIPTS = $(wildcard cgi/store/*.lua)
OBJECTS = $(SOURCES:%.c=$(BUILD)/%.o) $(SCRIPTS:%.lua=$(BUILD)/%.lua.o)

ifeq ($(V),)
Q = @
say = @printf '%-6s %s\n' $(1) $(2)
else
say =
endif

.DELETE_ON_ERROR:
.PHONY: all

all: $(BUILD)/lastsync ## build lastsync

$(BUILD)/lastsync: $(OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(OUR_LDLIBS) $(LDLIBS)

$(BUILD)/%.o: %.c Makefile
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(OUR_CFLAGS) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# A Lua script becomes a C literal, with its SHA-1 beside it: the name by which Redis caches it.
$(BUILD)/%.lua.c: %.lua Makefile
	$(call say,LUA,$<)
	$(Q)mkdir -p $(@D)
	$(Q){ printf '#include "store/scripts.h"\n\nconst struct script script_%s = {\n' $(basename $(notdir $<)); \
	sed -e 's/[\\"]/\\&/g' -e 's/^/    "/' -e 's/$$/\\n"/' $<; \
	printf '    ,\n    "%s"\n};\n' "$$(sha1sum $< | cut -d ' ' -f 1)"; } > $@

$(BUILD)/%.lua.o: $(BUILD)/%.lua.c
	$(Q)$(CC) $(OUR_CFLAGS) $(CPPFLAGS) $(CFLAGS) -Wno-overlength-strings -c -o $@ $<


# Everything but main(), for tests.
PARTS = $(filter-out $(BUILD)/cgi/main.o,$(OBJECTS))

RUNNER_OBJECTS = $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/cases/*.c))

$(BUILD)/tests/runner: $(RUNNER_OBJECTS) $(PARTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(OUR_LDLIBS) $(LDLIBS)

.SECONDARY:

-include $(OBJECTS:.o=.d) $(RUNNER_OBJECTS:.o=.d)
