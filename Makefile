# lastsync: `make help` lists the targets.

BUILD ?= build
CC ?= cc
PKG_CONFIG ?= pkg-config

# These flags are for the user to change; those that the code needs are in OUR_CFLAGS and OUR_LDLIBS.
CFLAGS ?= -O2 -g -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
LDFLAGS ?= -pie -Wl,-z,relro,-z,now

PACKAGES = json-c hiredis zlib nettle $(TLS_PACKAGE)
# TLS to Redis, if hiredis has it (1.0 and later).
TLS_PACKAGE := $(shell $(PKG_CONFIG) --exists 'hiredis_ssl >= 1.0' openssl 2>/dev/null && echo hiredis_ssl openssl)
# What the objects are compiled against. $(BUILD)/libraries holds it, and is written when it has changed.
LIBRARIES := $(strip $(PACKAGES) $(shell $(PKG_CONFIG) --modversion $(PACKAGES) 2>/dev/null))
WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
	-Wwrite-strings -Wcast-qual -Wvla -Wundef -Wno-missing-field-initializers
LANGUAGE = -std=c11 -D_POSIX_C_SOURCE=200809L -Icgi
OUR_CFLAGS = $(LANGUAGE) $(WARNINGS) $(if $(TLS_PACKAGE),-DWITH_TLS) -MMD -MP $(shell $(PKG_CONFIG) --cflags $(PACKAGES) 2>/dev/null)
OUR_LDLIBS = -pthread -lfcgi $(shell $(PKG_CONFIG) --libs $(PACKAGES) 2>/dev/null)

SOURCES = $(wildcard cgi/*.c cgi/*/*.c cgi/*/*/*.c)
SCRIPTS = $(filter-out %.inc.lua,$(wildcard cgi/store/*/*.lua))
# The sources of scripts beside their own files: parts that they include, and the schema's tables.
SCRIPT_PARTS = $(wildcard cgi/store/*/*.inc.lua)
SCRIPT_TABLES = cgi/store/schema/fields.def cgi/store/schema/words.def
OBJECTS = $(SOURCES:%.c=$(BUILD)/%.o) $(SCRIPTS:%.lua=$(BUILD)/%.lua.o)

# Everything but main(), for tests.
PARTS = $(filter-out $(BUILD)/cgi/main.o,$(OBJECTS))

# Short lines, unless V=1 asks for whole commands.
ifeq ($(V),)
Q = @
say = @printf '%-6s %s\n' '$(1)' '$(2)'
else
say =
endif

# Builds in a make of its own, which starts after packages were installed: its pkg-config finds them.
BUILD_PARTS = $(MAKE) -s --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j 2)

# The tests' packages from npm. One of them is Node.js, so that its version is the same on each system.
# NODE_MODULES is written last: an installation that was ended in the middle is begun anew.
NODE = tests/node_modules/.bin/node
NODE_MODULES = tests/node_modules/.complete

# One version of LLVM for lint, sanitizers and fuzzing: both Debian 12 and 13 have it beside their own.
LLVM = 19

INSTALLS = $(addprefix install-,run lint programs sanitize integration test deb test-deb test-fresh test-container bench)

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all run cluster sentinel demo bench neighbours scale clean help $(INSTALLS)

all: $(BUILD)/lastsync ## build lastsync, without installing packages

run: install-run ## serve on http://127.0.0.1:9200, with a Redis and an nginx of its own (HOST PORT STATE WORKERS REDIS_URL AUTH NAMES NOTIFY ELASTICSEARCH ELASTICSEARCH_VERSION)
	@$(MAKE) -s --no-print-directory $(BUILD)/lastsync
	@BUILD=$(BUILD) exec nginx/run

cluster: install-run ## serve as run does, on a Redis Cluster of three primaries and three replicas: kill any of them (variables of run)
	@$(MAKE) -s --no-print-directory $(BUILD)/lastsync
	@BUILD=$(BUILD) exec nginx/cluster

demo: install-run ## serve as run does, with a few dozen made-up connectors to look at (variables of run)
	@$(MAKE) -s --no-print-directory $(BUILD)/lastsync
	@BUILD=$(BUILD) exec nginx/demo

sentinel: install-run ## serve as run does, on a primary, two replicas and three sentinels: kill any of them (variables of run)
	@$(MAKE) -s --no-print-directory $(BUILD)/lastsync
	@BUILD=$(BUILD) exec nginx/sentinel

bench: install-bench ## measure lastsync against its limits and its peers (ROUNDS SECONDS CONNECTIONS ONLY BASELINE)
	@$(BUILD_PARTS) $(BUILD)/lastsync $(NODE_MODULES)
	@BUILD=$(abspath $(BUILD)) $(NODE) tests/bench/bench.js

neighbours: install-bench ## show how reports fare beside clients that read much (ROUNDS SECONDS ONLY LISTED SEARCHED)
	@$(BUILD_PARTS) $(BUILD)/lastsync $(NODE_MODULES)
	@BUILD=$(abspath $(BUILD)) $(NODE) tests/bench/neighbours.js

scale: install-bench ## check the goals for 100,000 connectors and 1,000,000 jobs, with 1 and 16 shards (SHARDS SCALE_CONNECTORS SCALE_JOBS SCALE_ONLY)
	@$(BUILD_PARTS) $(BUILD)/lastsync $(NODE_MODULES)
	@status=0; for shards in $(or $(SHARDS),1 16); do \
		BUILD=$(abspath $(BUILD)) SHARDS=$$shards $(NODE) tests/bench/scale.js || status=$$?; \
	done; exit $$status

# Installs the packages that are missing, if any. A static pattern, because make looks for no implicit
# rule for a phony target, and would silently do nothing.
$(INSTALLS): install-%:
	@nginx/install $*

clean: ## remove what was built
	rm -rf $(BUILD)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(BUILD)/lastsync: $(OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(OUR_LDLIBS) $(LDLIBS)

ifneq ($(file <$(BUILD)/libraries),$(LIBRARIES))
.PHONY: $(BUILD)/libraries
endif

$(BUILD)/libraries:
	$(Q)mkdir -p $(@D)
	$(Q)printf '%s\n' '$(LIBRARIES)' > $@

# -MMD leaves out the headers of libraries: another version of one makes all objects anew.
$(BUILD)/%.o: %.c $(BUILD)/libraries Makefile
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(OUR_CFLAGS) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# awk joins a Lua script with its parts; then it becomes a C literal, together with its SHA-1, which is
# its name in Redis's cache.
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
