# `make test` and its parts, for the Makefile, whose variables it uses. The programs are in tests.mk.

.PHONY: test test-programs fuzz-programs lint cases unit store-test sanitize integration fuzz fuzz-brief

# One after the other: some of them measure how long a fault lasts.
test: install-test ## install what the tests need, and run all of them
	@$(MAKE) -s --no-print-directory -j 2 $(BUILD)/lastsync test-programs
	@$(MAKE) -s --no-print-directory lint
	@$(MAKE) -s --no-print-directory unit
	@$(MAKE) -s --no-print-directory cases
	@$(MAKE) -s --no-print-directory store-test
	@$(MAKE) -s --no-print-directory sanitize
	@$(MAKE) -s --no-print-directory -j 2 fuzz-programs
	@$(MAKE) -s --no-print-directory fuzz-brief
	@$(MAKE) -s --no-print-directory integration

test-programs: $(BUILD)/tests/runner $(UNIT_TESTS) $(BUILD)/tests/store/store_test
fuzz-programs: $(FUZZ_TARGETS)

# ---- the looks of it ----

C_FILES = $(wildcard cgi/*.[ch] cgi/*/*.[ch] cgi/*/*/*.[ch] tests/*/*.[ch] tests/unit/*/*.[ch] tests/unit/*/*/*.[ch])
SHELL_FILES = nginx/install nginx/run nginx/demo nginx/deb .ci/run tests/lint/layers \
	tests/cases/in-process \
	$(wildcard tests/*/*.sh tests/*/*/*.sh)

lint: ## check layers, format, shell and Lua scripts, and run clang-tidy
	$(call say,LINT,layers)
	$(Q)tests/lint/layers
	$(call say,LINT,format)
	$(Q)clang-format --dry-run --Werror $(C_FILES)
	$(call say,LINT,shell)
	$(Q)shellcheck $(SHELL_FILES)
	$(call say,LINT,Lua)
	@$(MAKE) -s --no-print-directory $(SCRIPTS:%=$(BUILD)/%)
	$(Q)luac5.1 -p $(SCRIPTS:%=$(BUILD)/%)
	$(call say,LINT,clang-tidy)
	$(Q)printf '%s\n' $(SOURCES) | xargs -P 2 -n 4 tests/lint/tidy $(LANGUAGE)

# ---- the text cases ----

RUNNER_SOURCES = $(wildcard tests/cases/*.c)

$(BUILD)/tests/runner: $(RUNNER_SOURCES:%.c=$(BUILD)/%.o) $(PARTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(OUR_LDLIBS) $(LDLIBS)

cases: $(BUILD)/tests/runner ## run the text cases in process
	$(call say,CASES,in process)
	$(Q)tests/cases/in-process $<

# ---- all that runs in process once more, by the other compiler, with its sanitizers ----

SANITIZE = BUILD=$(BUILD)/sanitize CC=clang LDFLAGS='-fsanitize=address,undefined' \
	CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer'

sanitize: ## run unit tests, cases and store tests under ASan and UBSan
	@$(MAKE) -s --no-print-directory -j 2 $(SANITIZE) test-programs
	@$(MAKE) -s --no-print-directory $(SANITIZE) unit cases store-test

# ---- the whole of it: nginx, workers, Redis, the official client ----

integration: $(BUILD)/lastsync $(BUILD)/tests/runner tests/clients/node_modules tests/browser/node_modules ## test it as users run it
	$(call say,NODE,tests/)
	$(Q)BUILD=$(abspath $(BUILD)) node --test --test-concurrency=2 \
		$(wildcard tests/cases/*.test.js tests/clients/*.test.js tests/fault/*.test.js) \
		$(wildcard tests/access/*.test.js tests/prometheus/*.test.js tests/redis/*.test.js tests/run/*.test.js tests/browser/*.test.js)
	$(call say,NODE,tests/clients/ (16 shards))
	$(Q)BUILD=$(abspath $(BUILD)) SHARDS=16 node --test --test-concurrency=2 $(wildcard tests/clients/*.test.js)

tests/%/node_modules: tests/%/package-lock.json
	$(call say,NPM,tests/$*)
	$(Q)cd tests/$* && npm ci --silent --no-audit --no-fund && touch node_modules

-include $(RUNNER_SOURCES:%.c=$(BUILD)/%.d)
