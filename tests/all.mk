# `make test` and its parts, for the Makefile, whose variables it uses. The programs are in tests.mk.

# What `make test` runs, in this order. Each stage can be run, and fails, alone.
STAGES = lint unit cases store-test sanitize fuzz-brief hostile integration test-sentinel test-cluster nemesis

.PHONY: test test-programs fuzz-programs lint cases sanitize hostile integration test-sentinel test-cluster

# One after the other: some of them measure how long a fault lasts.
test: install-test ## install what the tests need, and run all of them: lint unit cases store-test sanitize fuzz-brief hostile integration test-sentinel test-cluster nemesis
	@tests/stages '$(MAKE)' $(STAGES)

test-programs: $(BUILD)/tests/runner $(UNIT_TESTS) $(BUILD)/tests/store/store_test
fuzz-programs: $(FUZZ_TARGETS)

# Fresh systems, in full or in part. It is no stage: it needs root, and runs all stages elsewhere.
.PHONY: test-fresh
test-fresh: install-test-fresh ## try the commands on fresh Debians; as root (SYSTEMS WHO STEPS AGAIN)
	@tests/fresh/fresh $(BUILD)/fresh

# The images, on the Debian that test-fresh made, or makes now. It is no stage either, for the same reason.
CONTAINERS = $(BUILD)/container
CONTAINER_BASE = bookworm

.PHONY: test-container
test-container: install-test-container ## build the container's images and walk through them; as root
	@$(BUILD_PARTS) $(NODE_MODULES)
	@SYSTEMS=$(CONTAINER_BASE) WHO= tests/fresh/fresh $(BUILD)/fresh >/dev/null
	@tests/container/podman $(CONTAINERS) image exists lastsync-base || \
		tests/container/podman $(CONTAINERS) import $(BUILD)/fresh/$(CONTAINER_BASE).tar lastsync-base
	@CONTAINERS=$(CONTAINERS) $(NODE) --test tests/container/container.test.js

# ---- the looks of it ----

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

# ---- all that runs in process once more, by the other compiler, with its sanitizers ----

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

# ---- the whole of it: nginx, workers, Redis, the official client ----

integration: install-integration ## test it as users run it
	@$(BUILD_PARTS) $(BUILD)/lastsync $(BUILD)/tests/runner $(NODE_MODULES)
	$(call say,NODE,tests/)
	$(Q)BUILD=$(abspath $(BUILD)) PATH="$$PATH:/usr/sbin:/sbin" $(NODE) --test --test-concurrency=2 \
		$(wildcard tests/cases/*.test.js tests/clients/*.test.js tests/coverage/*.test.js tests/fault/*.test.js) \
		$(wildcard tests/access/*.test.js tests/notify/*.test.js tests/prometheus/*.test.js tests/redis/*.test.js tests/run/*.test.js tests/web/*.test.js tests/browser/*.test.js)
	$(call say,NODE,tests/clients/, tests/run/status.test.js (16 shards))
	$(Q)BUILD=$(abspath $(BUILD)) PATH="$$PATH:/usr/sbin:/sbin" SHARDS=16 $(NODE) --test --test-concurrency=2 \
		$(wildcard tests/clients/*.test.js) tests/run/status.test.js

# Another program that speaks as Redis does.
.PHONY: test-engine
test-engine: store-test install-integration ## test it with another server than Redis (REDIS_SERVER=valkey-server)
	@$(BUILD_PARTS) $(BUILD)/lastsync $(NODE_MODULES)
	$(call say,NODE,tests/clients/, tests/fault/, tests/redis/ ($(REDIS_SERVER)))
	$(Q)REDIS_SERVER='$(REDIS_SERVER)' BUILD=$(abspath $(BUILD)) PATH="$$PATH:/usr/sbin:/sbin" $(NODE) --test --test-concurrency=2 \
		$(wildcard tests/clients/*.test.js tests/fault/*.test.js tests/redis/*.test.js)

# A primary, its replicas and their sentinels: failovers, one after the other, and the official client.
.PHONY: test-sentinel
test-sentinel: install-integration ## test it with Redis Sentinel: failovers under load, and the official client
	@$(BUILD_PARTS) $(BUILD)/lastsync $(NODE_MODULES)
	$(call say,NODE,tests/sentinel/)
	$(Q)BUILD=$(abspath $(BUILD)) PATH="$$PATH:/usr/sbin:/sbin" $(NODE) --test --test-force-exit --test-concurrency=1 \
		$(wildcard tests/sentinel/*.test.js)
	$(call say,NODE,tests/clients/ (sentinels))
	$(Q)BUILD=$(abspath $(BUILD)) PATH="$$PATH:/usr/sbin:/sbin" SENTINEL=on $(NODE) --test --test-concurrency=1 \
		$(wildcard tests/clients/*.test.js)

# A cluster has six servers: one test after the other.
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

coverage: install-integration ## tell which lines of cgi/ the tests run, and which not
	@$(BUILD_PARTS) $(NODE_MODULES)
	@find $(BUILD)/coverage -name '*.gcda' -delete 2>/dev/null || true
	@$(BUILD_PARTS) $(COVERAGE) $(BUILD)/coverage/lastsync test-programs
	-@$(MAKE) -s --no-print-directory $(COVERAGE) unit cases store-test
	-$(Q)BUILD=$(abspath $(BUILD))/coverage PATH="$$PATH:/usr/sbin:/sbin" $(NODE) --test --test-force-exit --test-concurrency=2 $(COVERED)
	$(Q)BUILD=$(BUILD)/coverage $(NODE) tests/coverage/report.js

# ---- random clients and faults ----

.PHONY: nemesis soak mutants

nemesis: install-integration ## random clients over faults of all kinds, a minute of them: nothing is lost, twice or torn (SEED SECONDS SHARDS ONLY)
	@$(BUILD_PARTS) $(BUILD)/lastsync $(NODE_MODULES)
	$(call say,NODE,tests/nemesis/)
	$(Q)BUILD=$(abspath $(BUILD)) PATH="$$PATH:/usr/sbin:/sbin" $(NODE) --test --test-concurrency=1 $(wildcard tests/nemesis/*.test.js)

MINUTES ?= 60

soak: install-integration ## the same for MINUTES, and memory and open files do not grow (SEED SHARDS)
	@$(BUILD_PARTS) $(BUILD)/lastsync $(NODE_MODULES)
	$(Q)MINUTES=$(MINUTES) BUILD=$(abspath $(BUILD)) PATH="$$PATH:/usr/sbin:/sbin" $(NODE) tests/nemesis/soak.js

mutants: install-integration ## plant one fault after the other into lastsync: the harness finds each (ONLY SECONDS)
	@$(BUILD_PARTS) $(BUILD)/lastsync $(NODE_MODULES)
	$(Q)BUILD=$(abspath $(BUILD)) PATH="$$PATH:/usr/sbin:/sbin" $(NODE) tests/mutants/mutants.js

NODE_MACHINE = $(patsubst aarch64,arm64,$(patsubst x86_64,x64,$(shell uname -m)))

# What the lockfile names. It has a Node.js for x64 and arm64; elsewhere, the machine's own must do.
$(NODE_MODULES): tests/package-lock.json
	$(call say,NPM,tests/)
	$(Q)tests/npm $(BUILD)/npm ci --prefix tests --loglevel error --no-audit --no-fund --no-update-notifier
	$(Q)mkdir -p $@/.bin && cd $@/.bin && own=../node-linux-$(NODE_MACHINE)/bin/node && \
		{ [ -x $$own ] || own=$$(command -v node); } && ln -sf "$$own" node
	$(Q)touch $@

-include $(RUNNER_SOURCES:%.c=$(BUILD)/%.d)
