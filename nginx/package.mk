# `make install`, `make uninstall` and `make deb`. The Makefile includes this file, which uses its
# variables.

PREFIX ?= /usr/local
DESTDIR ?=
BINDIR ?= $(PREFIX)/bin
SHAREDIR ?= $(PREFIX)/share/lastsync
DOCDIR ?= $(PREFIX)/share/doc/lastsync
MANDIR ?= $(PREFIX)/share/man
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions
UNITDIR ?= $(PREFIX)/lib/systemd/system
SYSCONFDIR ?= /etc/lastsync

# The files to install: a row for each, as file:folder:mode. Both targets read these rows, so that
# `uninstall` removes exactly the files that `install` wrote.
DASHBOARD = $(shell find nginx/dashboard -type f ! -name README.md 2>/dev/null)
DOCUMENTS = README.md $(wildcard cgi/README.md cgi/*/README.md nginx/*.md nginx/*/README.md tests/*.md)
INSTALLED = \
	$(BUILD)/lastsync:$(BINDIR):755 \
	$(foreach file,$(wildcard nginx/systemd/*.socket nginx/systemd/*.service),$(file):$(UNITDIR):644) \
	nginx/systemd/redis-password.conf:$(SHAREDIR)/systemd:644 \
	nginx/lastsync.conf:$(SHAREDIR)/nginx:644 \
	nginx/dashboard.conf:$(SHAREDIR)/nginx:644 \
	nginx/elasticsearch.conf:$(SHAREDIR)/nginx:644 \
	$(foreach file,$(wildcard nginx/prometheus/*),$(file):$(SHAREDIR)/prometheus:644) \
	$(foreach file,$(wildcard nginx/grafana/*),$(file):$(SHAREDIR)/grafana:644) \
	$(foreach file,$(wildcard nginx/example/*),$(file):$(SHAREDIR)/examples:644) \
	$(foreach file,$(DASHBOARD),$(file):$(SHAREDIR)/$(patsubst %/,%,$(dir $(file))):644) \
	$(foreach section,5 7 8,$(foreach file,$(wildcard nginx/man/*.$(section)),$(file):$(MANDIR)/man$(section):644)) \
	nginx/completion/lastsync:$(COMPLETIONDIR):644 \
	$(foreach file,$(DOCUMENTS),$(file):$(DOCDIR)/$(filter-out ./,$(dir $(file))):644) \
	nginx/dashboard.png:$(DOCDIR)/nginx:644 \
	LICENSE:$(DOCDIR):644

# The folders that only lastsync uses, the inner ones first.
OWN_FOLDERS = $(shell printf '%s\n' $(foreach row,$(INSTALLED),$(word 2,$(subst :, ,$(row)))) | \
	grep -e '^$(SHAREDIR)/' -e '^$(DOCDIR)\($$\|/\)' | sort -ru) $(SHAREDIR)

# Our files name paths as they are with PREFIX=/usr; this replaces them in those that LOCALIZED names.
LOCALIZE = sed -e 's|/usr/bin/lastsync|$(BINDIR)/lastsync|g' -e 's|/usr/share/lastsync|$(SHAREDIR)|g' \
	-e 's|/usr/share/doc/lastsync|$(DOCDIR)|g' -e 's|/etc/lastsync|$(SYSCONFDIR)|g'
LOCALIZED = nginx/systemd/% nginx/example/% nginx/man/%
CONFIGURATION = $(DESTDIR)$(SYSCONFDIR)/lastsync.conf

.PHONY: install uninstall deb install-deb

define put
	$(Q)install -d '$(DESTDIR)$(2)'
	$(Q)$(if $(filter $(LOCALIZED),$(1)),\
		$(LOCALIZE) $(1) | install -m $(3) /dev/stdin '$(DESTDIR)$(2)/$(notdir $(1))',\
		install -m $(3) $(1) '$(DESTDIR)$(2)')

endef

install: $(BUILD)/lastsync ## install it below PREFIX (/usr/local), or DESTDIR and PREFIX
	$(foreach row,$(INSTALLED),$(call put,$(word 1,$(subst :, ,$(row))),$(word 2,$(subst :, ,$(row))),$(word 3,$(subst :, ,$(row)))))
	$(Q)[ -e '$(CONFIGURATION)' ] || \
		$(LOCALIZE) nginx/service.conf | install -D -m 644 /dev/stdin '$(CONFIGURATION)'

uninstall: ## remove the files that `make install` wrote, except a configuration that was changed
	$(Q)! $(LOCALIZE) nginx/service.conf | cmp -s - '$(CONFIGURATION)' || rm -f '$(CONFIGURATION)'
	$(Q)[ ! -d '$(DESTDIR)$(SYSCONFDIR)' ] || \
		rmdir --ignore-fail-on-non-empty '$(DESTDIR)$(SYSCONFDIR)'
	$(Q)rm -f $(foreach row,$(INSTALLED),'$(DESTDIR)$(word 2,$(subst :, ,$(row)))/$(notdir $(word 1,$(subst :, ,$(row))))')
	$(Q)for folder in $(OWN_FOLDERS); do [ ! -d "$(DESTDIR)$$folder" ] || \
		rmdir --ignore-fail-on-non-empty -- "$(DESTDIR)$$folder" || exit 1; done

deb: install-deb ## build the Debian package in build/deb (DEBFULLNAME DEBEMAIL HOMEPAGE)
	@nginx/deb $(BUILD)/deb

.PHONY: test-deb
test-deb: install-test-deb ## build the package and try it in a fresh Debian; as root
	@$(BUILD_PARTS) $(NODE_MODULES)
	@$(NODE) --test tests/deb/deb.test.js
