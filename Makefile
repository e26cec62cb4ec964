# lastsync: `make help` names what there is to make.

BUILD ?= build
CC ?= cc
PKG_CONFIG ?= pkg-config

# The user's flags stay the user's; what the code needs is apart.
CFLAGS ?= -O2 -g -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
LDFLAGS ?= -pie -Wl,-z,relro,-z,now

PACKAGES = json-c hiredis zlib nettle $(TLS_PACKAGE)
# TLS to Redis, where hiredis has it (1.0 and later).
TLS_PACKAGE := $(shell $(PKG_CONFIG) --exists 'hiredis_ssl >= 1.0' openssl 2>/dev/null && echo hiredis_ssl openssl)
WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
	-Wwrite-strings -Wcast-qual -Wvla -Wundef -Wno-missing-field-initializers
LANGUAGE = -std=c11 -D_POSIX_C_SOURCE=200809L -Icgi
OUR_CFLAGS = $(LANGUAGE) $(WARNINGS) $(if $(TLS_PACKAGE),-DWITH_TLS) -MMD -MP $(shell $(PKG_CONFIG) --cflags $(PACKAGES) 2>/dev/null)
OUR_LDLIBS = -pthread -lfcgi $(shell $(PKG_CONFIG) --libs $(PACKAGES) 2>/dev/null)

SOURCES = $(wildcard cgi/*.c cgi/*/*.c cgi/*/*/*.c)
SCRIPTS = $(filter-out %.inc.lua,$(wildcard cgi/store/*/*.lua))
# What scripts are made with: parts that they include, and the description of the schema.
SCRIPT_PARTS = $(wildcard cgi/store/*/*.inc.lua)
SCRIPT_TABLES = cgi/store/schema/fields.def cgi/store/schema/words.def
OBJECTS = $(SOURCES:%.c=$(BUILD)/%.o) $(SCRIPTS:%.lua=$(BUILD)/%.lua.o)

# Everything but main(), for tests.
PARTS = $(filter-out $(BUILD)/cgi/main.o,$(OBJECTS))

# Quiet lines, unless V=1.
ifeq ($(V),)
Q = @
say = @printf '%-6s %s\n' '$(1)' '$(2)'
else
say =
endif

# A make of its own for what can be built only once packages are there: pkg-config finds them then.
BUILD_PARTS = $(MAKE) -s --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j 2)

# What tests use from npm, and their own Node.js, which is the same version on each system.
NODE_MODULES = tests/node_modules
NODE = $(NODE_MODULES)/.bin/node

# One version of LLVM for lint, sanitizers and fuzzing: both Debian 12 and 13 have it beside their own.
LLVM = 19

INSTALLS = $(addprefix install-,run lint programs sanitize integration test deb test-deb test-fresh test-container bench)

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all run cluster sentinel demo bench neighbours scale clean help $(INSTALLS)

all: $(BUILD)/lastsync ## build lastsync, with packages that are there already

run: install-run ## serve on http://127.0.0.1:9200, with a Redis and an nginx of its own (HOST PORT STATE WORKERS REDIS_URL AUTH NAMES NOTIFY ELASTICSEARCH ELASTICSEARCH_VERSION)
	@$(MAKE) -s --no-print-directory $(BUILD)/lastsync
	@BUILD=$(BUILD) exec nginx/run

cluster: install-run ## the same upon a Redis Cluster of three primaries and three replicas, of which any may be killed (the same variables)
	@$(MAKE) -s --no-print-directory $(BUILD)/lastsync
	@BUILD=$(BUILD) exec nginx/cluster

demo: install-run ## the same, with a few dozen made-up connectors to look at (the same variables)
	@$(MAKE) -s --no-print-directory $(BUILD)/lastsync
	@BUILD=$(BUILD) exec nginx/demo

sentinel: install-run ## the same upon a primary, two replicas and three sentinels, of which any may be killed (the same variables)
	@$(MAKE) -s --no-print-directory $(BUILD)/lastsync
	@BUILD=$(BUILD) exec nginx/sentinel

bench: install-bench ## measure lastsync against its limits and its peers (ROUNDS SECONDS CONNECTIONS ONLY BASELINE)
	@$(BUILD_PARTS) $(BUILD)/lastsync $(NODE_MODULES)
	@BUILD=$(abspath $(BUILD)) $(NODE) tests/bench/bench.js

neighbours: install-bench ## show how reports fare beside clients that read much (ROUNDS SECONDS ONLY LISTED SEARCHED)
	@$(BUILD_PARTS) $(BUILD)/lastsync $(NODE_MODULES)
	@BUILD=$(abspath $(BUILD)) $(NODE) tests/bench/neighbours.js

scale: install-bench ## hold the goals of 100,000 connectors and 1,000,000 jobs, with 1 and 16 shards (SCALE_CONNECTORS SCALE_JOBS)
	@$(BUILD_PARTS) $(BUILD)/lastsync $(NODE_MODULES)
	@status=0; for shards in 1 16; do \
		BUILD=$(abspath $(BUILD)) SHARDS=$$shards $(NODE) tests/bench/scale.js || status=$$?; \
	done; exit $$status

# Packages that are missing; nothing where all are there. A static pattern: make looks for no other
# rule for a phony target, and would do nothing without a word.
$(INSTALLS): install-%:
	@nginx/install $*

clean: ## remove what was built
	rm -rf $(BUILD)

help: ## name what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(BUILD)/lastsync: $(OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(OUR_LDLIBS) $(LDLIBS)

$(BUILD)/%.o: %.c Makefile
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(OUR_CFLAGS) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# A Lua script is made whole, and then a C literal, with its SHA-1 beside it: the name by which Redis
# caches it.
$(BUILD)/%.lua: %.lua $(SCRIPT_PARTS) $(SCRIPT_TABLES) cgi/store/schema/lua.awk Makefile
	$(call say,LUA,$<)
	$(Q)mkdir -p $(@D)
	$(Q)awk -f cgi/store/schema/lua.awk $(SCRIPT_TABLES) $< > $@

$(BUILD)/%.lua.c: $(BUILD)/%.lua
	$(Q){ printf '#include "store/schema/scripts.h"\n\nconst struct script script_%s = {\n' $(basename $(notdir $<)); \
	sed -e 's/[\\"]/\\&/g' -e 's/^/    "/' -e 's/$$/\\n"/' $<; \
	printf '    ,\n    "%s"\n};\n' "$$(sha1sum $< | cut -d ' ' -f 1)"; } > $@

$(BUILD)/%.lua.o: $(BUILD)/%.lua.c
	$(Q)$(CC) $(OUR_CFLAGS) $(CPPFLAGS) $(CFLAGS) -Wno-overlength-strings -c -o $@ $<

-include $(OBJECTS:.o=.d)
include nginx/package.mk tests/tests.mk tests/all.mk
