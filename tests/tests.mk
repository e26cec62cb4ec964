# Unit tests, tests of the store, and fuzzing. The Makefile includes this file, which uses its
# variables.

REDIS_SERVER ?= redis-server
FUZZ_SECONDS ?= 3

.PHONY: unit store-test fuzz fuzz-brief

# ---- unit tests: a program for each module, in a tree like that of cgi/ ----

UNIT_SOURCES = $(wildcard tests/unit/*_test.c tests/unit/*/*_test.c tests/unit/*/*/*_test.c)
UNIT_TESTS = $(UNIT_SOURCES:%.c=$(BUILD)/%)
STORE_TEST_SOURCES = $(wildcard tests/store/*.c)
STORE_TEST_OBJECTS = $(STORE_TEST_SOURCES:%.c=$(BUILD)/%.o)
TEST_OBJECTS = $(UNIT_TESTS:%=%.o) $(STORE_TEST_OBJECTS)

$(TEST_OBJECTS): OUR_CFLAGS += -Itests/unit $(shell $(PKG_CONFIG) --cflags cmocka 2>/dev/null)
TEST_LDLIBS = $(shell $(PKG_CONFIG) --libs cmocka 2>/dev/null)

unit: install-programs ## run the unit tests
	@$(BUILD_PARTS) $(UNIT_TESTS)
	$(Q)failed=0; for test in $(UNIT_TESTS); do $$test || failed=1; done; exit $$failed

$(UNIT_TESTS): %: %.o $(PARTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(TEST_LDLIBS) $(OUR_LDLIBS) $(LDLIBS)

# ---- the store, against a Redis of its own ----

store-test: install-programs ## test the store with a Redis of its own, in 1 and in 16 shards
	@$(BUILD_PARTS) $(BUILD)/tests/store/store_test
	@$(BUILD_PARTS) --output-sync=target $(STORE_TESTS)

STORE_TESTS = $(addprefix store-test-,1 16)

.PHONY: $(STORE_TESTS)
$(STORE_TESTS): store-test-%:
	$(Q)REDIS_SERVER='$(REDIS_SERVER)' SHARDS=$* $(BUILD)/tests/store/store_test

$(BUILD)/tests/store/store_test: $(STORE_TEST_OBJECTS) $(PARTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(TEST_LDLIBS) $(OUR_LDLIBS) $(LDLIBS)

# ---- fuzzing: clang's libFuzzer, with objects of its own ----

FUZZ = $(BUILD)/fuzz
FUZZ_CC = clang-$(LLVM)
FUZZ_CFLAGS = -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer
FUZZ_NAMES = $(patsubst tests/fuzz/%_fuzz.c,%,$(wildcard tests/fuzz/*_fuzz.c))
FUZZ_TARGETS = $(FUZZ_NAMES:%=$(FUZZ)/%)
FUZZ_PARTS = $(PARTS:$(BUILD)/%=$(FUZZ)/%)

$(FUZZ)/%.o: %.c $(BUILD)/libraries Makefile
	$(call say,FUZZCC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(OUR_CFLAGS) $(CPPFLAGS) $(FUZZ_CFLAGS) -c -o $@ $<

$(FUZZ)/%.lua.o: $(BUILD)/%.lua.c
	$(Q)mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(OUR_CFLAGS) $(CPPFLAGS) $(FUZZ_CFLAGS) -Wno-overlength-strings -c -o $@ $<

$(FUZZ_TARGETS): $(FUZZ)/%: $(FUZZ)/tests/fuzz/%_fuzz.o $(FUZZ_PARTS)
	$(call say,LINK,$@)
	$(Q)$(FUZZ_CC) -fsanitize=fuzzer,address,undefined $(FUZZ_LDFLAGS) -o $@ $^ $(OUR_LDLIBS)

# This target replaces the network and the clock.
$(FUZZ)/redis: FUZZ_LDFLAGS = $(addprefix -Wl$(comma)--wrap=,redisConnectNonBlock redisEnableKeepAlive redisBufferRead lookup_is_address instant_ticks poll)
comma = ,

fuzz-brief: install-sanitize ## fuzz each target for FUZZ_SECONDS
	@$(BUILD_PARTS) $(FUZZ_TARGETS)
	$(Q)printf '%s\n' $(FUZZ_NAMES) | xargs -P 2 -I{} tests/fuzz/run.sh $(FUZZ) {} $(FUZZ_SECONDS)

fuzz: FUZZ_SECONDS = 600
fuzz: HOSTILE = 1000000
fuzz: STREAMS = 100000
fuzz: fuzz-brief hostile ## fuzz each target for ten minutes; send a million mutated requests and 100,000 streams of FastCGI

-include $(TEST_OBJECTS:.o=.d) $(FUZZ_PARTS:.o=.d) $(FUZZ_NAMES:%=$(FUZZ)/tests/fuzz/%_fuzz.d)
