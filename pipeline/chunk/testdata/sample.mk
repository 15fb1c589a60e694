# Copyright The Millers.
STONES := 2
export FLAGS ?= -O2
include weir.mk

define GRIND
	@echo not: a target
	turn $(1)
endef

.PHONY: all clean
all: mill weir

# The mill itself.
mill: $(wildcard *.c) | build
	$(CC) $(FLAGS) -o $@ $^
	$(call GRIND,mill)

%.o: %.c
	$(CC) -c $<

ifeq ($(STONES),2)
clean::
	rm -f mill
endif
