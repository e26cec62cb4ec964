# `make test` and its stages. The Makefile includes this file, which uses its variables. The programs
# are in tests.mk.

# The stages of `make test`, in this order. Each can run alone, and none needs another to pass.
STAGES = lint unit cases store-test sanitize fuzz-brief hostile integration test-sentinel test-cluster nemesis

.PHONY: test test-programs fuzz-programs lint cases sanitize hostile integration test-sentinel test-cluster

# The stages run one after the other, because some of them measure how long a fault lasts.
test: install-test ## install the packages of the tests, and run all stages: lint unit cases store-test sanitize fuzz-brief hostile integration test-sentinel test-cluster nemesis
	@tests/stages '$(MAKE)' $(STAGES)

test-programs: $(BUILD)/tests/runner $(UNIT_TESTS) $(BUILD)/tests/store/store_test
fuzz-programs: $(FUZZ_TARGETS)

# All stages, or some, on fresh systems. It is no stage itself, because it needs root.
.PHONY: test-fresh
test-fresh: install-test-fresh ## try the commands on fresh Debians; as root (SYSTEMS WHO STEPS AGAIN)
	@tests/fresh/fresh $(BUILD)/fresh

# The container's images, on the Debian that test-fresh made, or makes now. It needs root, too.
CONTAINERS = $(BUILD)/container
CONTAINER_BASE = bookworm

.PHONY: test-container
test-container: install-test-container ## build the container's images and try them; as root
	@$(BUILD_PARTS) $(NODE_MODULES)
	@SYSTEMS=$(CONTAINER_BASE) WHO= tests/fresh/fresh $(BUILD)/fresh >/dev/null
	@tests/container/podman $(CONTAINERS) image exists lastsync-base || \
		tests/container/podman $(CONTAINERS) import $(BUILD)/fresh/$(CONTAINER_BASE).tar lastsync-base
	@CONTAINERS=$(CONTAINERS) $(NODE) --test tests/container/container.test.js

# ---- lint ----

C_FILES = $(wildcard cgi/*.[ch] cgi/*/*.[ch] cgi/*/*/*.[ch] tests/*/*.[ch] tests/unit/*/*.[ch] tests/unit/*/*/*.[ch])
SHELL_FILES = nginx/install nginx/run nginx/demo nginx/cluster nginx/sentinel nginx/servers.sh nginx/deb .ci/run tests/lint/layers tests/lint/contract \
	tests/cases/in-process tests/npm tests/stages tests/fresh/fresh tests/fresh/step tests/container/podman nginx/container-health \
	$(wildcard tests/*/*.sh tests/*/*/*.sh)

lint: install-lint ## check layers, format, shell and Lua scripts, and run clang-tidy
	$(call say,LINT,layers)
	$(Q)tests/lint/layers
	$(call say,LINT,contract)
	$(Q)tests/lint/contract
	$(Q)tests/lint/contract nginx/THREATS.md
	$(call say,LINT,format)
	$(Q)clang-format-$(LLVM) --dry-run --Werror $(C_FILES)
	$(call say,LINT,shell)
	$(Q)shellcheck $(SHELL_FILES)
	$(call say,LINT,Lua)
	@$(MAKE) -s --no-print-directory $(SCRIPTS:%=$(BUILD)/%)
	$(Q)luac5.1 -p $(SCRIPTS:%=$(BUILD)/%)
	$(call say,LINT,clang-tidy)
	$(Q)printf '%s\n' $(SOURCES) | xargs -P 2 -n 4 tests/lint/tidy clang-tidy-$(LLVM) $(LANGUAGE) $(if $(TLS_PACKAGE),-DWITH_TLS)

# ---- the text cases ----

RUNNER_SOURCES = $(wildcard tests/cases/*.c)

$(BUILD)/tests/runner: $(RUNNER_SOURCES:%.c=$(BUILD)/%.o) $(PARTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(OUR_LDLIBS) $(LDLIBS)

cases: install-programs ## run the text cases in process
	@$(BUILD_PARTS) $(BUILD)/tests/runner
	$(call say,CASES,in process)
	$(Q)tests/cases/in-process $(BUILD)/tests/runner

# ---- the tests in process once more, by the other compiler, with its sanitizers ----

SANITIZE = BUILD=$(BUILD)/sanitize CC=clang-$(LLVM) LDFLAGS='-fsanitize=address,undefined' \
	CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer'

sanitize: install-sanitize ## run unit tests, cases and store tests under ASan and UBSan
	@$(BUILD_PARTS) $(SANITIZE) test-programs
	@$(MAKE) -s --no-print-directory $(SANITIZE) unit cases store-test

# ---- mutated requests, against a lastsync with sanitizers ----

HOSTILE ?= 20000
STREAMS ?= $(HOSTILE)

hostile: install-sanitize install-integration ## send HOSTILE mutated requests through nginx, and STREAMS of FastCGI to the workers (SEED)
	@$(BUILD_PARTS) $(NODE_MODULES)
	@$(BUILD_PARTS) $(SANITIZE) $(BUILD)/sanitize/lastsync
	$(call say,NODE,tests/fuzz/)
	$(Q)HOSTILE=$(HOSTILE) STREAMS=$(STREAMS) BUILD=$(abspath $(BUILD))/sanitize PATH="$$PATH:/usr/sbin:/sbin" $(NODE) --test tests/fuzz/hostile.test.js

# ---- the whole product: nginx, workers, Redis, the official client ----

integration: install-integration ## test it as users run it
	@$(BUILD_PARTS) $(BUILD)/lastsync $(BUILD)/tests/runner $(NODE_MODULES)
	$(call say,NODE,tests/)
	$(Q)BUILD=$(abspath $(BUILD)) PATH="$$PATH:/usr/sbin:/sbin" $(NODE) --test --test-concurrency=2 \
		$(wildcard tests/cases/*.test.js tests/clients/*.test.js tests/coverage/*.test.js tests/fault/*.test.js) \
		$(wildcard tests/access/*.test.js tests/notify/*.test.js tests/prometheus/*.test.js tests/redis/*.test.js tests/run/*.test.js tests/web/*.test.js tests/browser/*.test.js)
	$(call say,NODE,tests/clients/, tests/run/status.test.js (16 shards))
	$(Q)BUILD=$(abspath $(BUILD)) PATH="$$PATH:/usr/sbin:/sbin" SHARDS=16 $(NODE) --test --test-concurrency=2 \
		$(wildcard tests/clients/*.test.js) tests/run/status.test.js

# What shows or counts time by the hour or the day, at the hours HOURS. It is no stage: at one hour it is part of
# integration.
HOURS = 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23
HOURLY = $(wildcard tests/cases/*.test.js) $(addprefix tests/,$(addsuffix .test.js,browser/fleet browser/time redis/grafana run/grafana run/status))

.PHONY: test-hours
test-hours: install-integration ## test what depends on the time of day, at each hour of it (HOURS)
	@$(BUILD_PARTS) $(BUILD)/lastsync $(BUILD)/tests/runner $(BUILD)/tests/clock.so $(NODE_MODULES)
	$(Q)BUILD=$(abspath $(BUILD)) PATH="$$PATH:/usr/sbin:/sbin" tests/hours/hours.sh $(BUILD)/tests/clock.so '$(HOURS)' \
		$(NODE) --test --test-concurrency=2 $(HOURLY)

$(BUILD)/tests/clock.so: tests/hours/clock.c
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=c11 -O2 -Wall -Wextra -shared -fPIC -o $@ $<

# Another server that speaks Redis's protocol.
.PHONY: test-engine
test-engine: store-test install-integration ## test it with another server than Redis (REDIS_SERVER=valkey-server)
	@$(BUILD_PARTS) $(BUILD)/lastsync $(NODE_MODULES)
	$(call say,NODE,tests/clients/, tests/fault/, tests/redis/ ($(REDIS_SERVER)))
	$(Q)REDIS_SERVER='$(REDIS_SERVER)' BUILD=$(abspath $(BUILD)) PATH="$$PATH:/usr/sbin:/sbin" $(NODE) --test --test-concurrency=2 \
		$(wildcard tests/clients/*.test.js tests/fault/*.test.js tests/redis/*.test.js)

# Each test starts a primary, replicas and sentinels, so the tests run one after the other.
.PHONY: test-sentinel
test-sentinel: install-integration ## test it with Redis Sentinel: failovers under load, and the official client
	@$(BUILD_PARTS) $(BUILD)/lastsync $(NODE_MODULES)
	$(call say,NODE,tests/sentinel/)
	$(Q)BUILD=$(abspath $(BUILD)) PATH="$$PATH:/usr/sbin:/sbin" $(NODE) --test --test-force-exit --test-concurrency=1 \
		$(wildcard tests/sentinel/*.test.js)
	$(call say,NODE,tests/clients/ (sentinels))
	$(Q)BUILD=$(abspath $(BUILD)) PATH="$$PATH:/usr/sbin:/sbin" SENTINEL=on $(NODE) --test --test-concurrency=1 \
		$(wildcard tests/clients/*.test.js)

# Each test starts a cluster of six servers, so the tests run one after the other.
test-cluster: install-integration ## test it with a Redis Cluster: its faults, the store's races, the official client
	@$(BUILD_PARTS) $(BUILD)/lastsync $(BUILD)/tests/store/store_test $(NODE_MODULES)
	$(call say,NODE,tests/cluster/)
	$(Q)BUILD=$(abspath $(BUILD)) PATH="$$PATH:/usr/sbin:/sbin" $(NODE) --test --test-force-exit --test-concurrency=1 \
		$(wildcard tests/cluster/*.test.js)
	$(call say,NODE,tests/clients/, tests/run/status.test.js (a cluster))
	$(Q)BUILD=$(abspath $(BUILD)) PATH="$$PATH:/usr/sbin:/sbin" CLUSTER=on $(NODE) --test --test-concurrency=1 \
		$(wildcard tests/clients/*.test.js) tests/run/status.test.js

# ---- which lines run ----

COVERAGE = BUILD=$(BUILD)/coverage CC=gcc CFLAGS='-O0 -g --coverage -fprofile-update=atomic' \
	LDFLAGS='-Wl,--wrap=_exit $(abspath tests/coverage/exit.c)'
COVERED = $(wildcard tests/access/*.test.js tests/clients/*.test.js tests/notify/*.test.js tests/redis/*.test.js tests/fault/*.test.js) \
	$(addprefix tests/run/,$(addsuffix .test.js,care cgi log options patience secrecy status version1)) tests/sentinel/address.test.js tests/cluster/cluster.test.js

.PHONY: coverage

coverage: install-integration ## list the lines of cgi/ that no test runs, and why
	@$(BUILD_PARTS) $(NODE_MODULES)
	@find $(BUILD)/coverage -name '*.gcda' -delete 2>/dev/null || true
	@$(BUILD_PARTS) $(COVERAGE) $(BUILD)/coverage/lastsync test-programs
	-@$(MAKE) -s --no-print-directory $(COVERAGE) unit cases store-test
	-$(Q)BUILD=$(abspath $(BUILD))/coverage PATH="$$PATH:/usr/sbin:/sbin" $(NODE) --test --test-force-exit --test-concurrency=2 $(COVERED)
	$(Q)BUILD=$(BUILD)/coverage $(NODE) tests/coverage/report.js

# ---- random clients and faults ----

.PHONY: nemesis soak mutants

nemesis: install-integration ## run random clients during faults of all kinds, for a minute: no report is lost, doubled or torn (SEED SECONDS SHARDS ONLY)
	@$(BUILD_PARTS) $(BUILD)/lastsync $(NODE_MODULES)
	$(call say,NODE,tests/nemesis/)
	$(Q)BUILD=$(abspath $(BUILD)) PATH="$$PATH:/usr/sbin:/sbin" $(NODE) --test --test-concurrency=1 $(wildcard tests/nemesis/*.test.js)

MINUTES ?= 60

soak: install-integration ## run nemesis for MINUTES, and check that memory and open files do not grow (SEED SHARDS)
	@$(BUILD_PARTS) $(BUILD)/lastsync $(NODE_MODULES)
	$(Q)MINUTES=$(MINUTES) BUILD=$(abspath $(BUILD)) PATH="$$PATH:/usr/sbin:/sbin" $(NODE) tests/nemesis/soak.js

mutants: install-integration ## plant faults in lastsync, one at a time: the harness must find each (ONLY SECONDS)
	@$(BUILD_PARTS) $(BUILD)/lastsync $(NODE_MODULES)
	$(Q)BUILD=$(abspath $(BUILD)) PATH="$$PATH:/usr/sbin:/sbin" $(NODE) tests/mutants/mutants.js

NODE_MACHINE = $(patsubst aarch64,arm64,$(patsubst x86_64,x64,$(shell uname -m)))

# Installs the packages that the lockfile names. It has a Node.js for x64 and arm64; on other machines
# the tests use the machine's own.
$(NODE_MODULES): tests/package-lock.json
	$(call say,NPM,tests/)
	$(Q)tests/npm $(BUILD)/npm ci --prefix tests --loglevel error --no-audit --no-fund --no-update-notifier
	$(Q)mkdir -p $(dir $(NODE)) && cd $(dir $(NODE)) && own=../node-linux-$(NODE_MACHINE)/bin/node && \
		{ [ -x $$own ] || own=$$(command -v node); } && ln -sf "$$own" node
	$(Q)touch $@

-include $(RUNNER_SOURCES:%.c=$(BUILD)/%.d)
