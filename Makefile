# Every verb that a person needs. Plain `make` prints them. Each installs what it lacks first, and is quick the second time.

# For `make run`: where, which AXIS OS to imitate, which machine, which version the app is packed as, which card is in, and
# how many times quicker the card's jobs go than on a camera.
PORT ?= 8080
OS ?= 12.11
ARCH ?= native
VERSION ?=
CARD ?=
SPEED ?=
export PORT ARCH VERSION CARD SPEED

# The steps share cargo's folders: cargo itself uses all cores, whatever -j says.
.NOTPARALLEL:
unexport MAKEFLAGS MFLAGS
.PHONY: help run portal test eap check bench fuzz screenshots clean

help:            ## what can be done here
	@sed -n 's/^\([a-z]*\): *## \(.*\)/make \1\t\2/p' Makefile | expand -t 14

run:             ## a virtual camera with the app on it, and a portal: PORT=8080 OS=12.11 ARCH=native|aarch64|armv7hf VERSION=1.5.0 CARD=foreign|new|none|worn WISH=prepare PORTAL=8470|none|ADDRESS
	@OS='$(OS)' exec tools/run.sh

portal:          ## the reference portal, with pages for operators: PORT=8470
	@PORT='$(if $(filter file,$(origin PORT)),8470,$(PORT))' exec tools/portal.sh

test:            ## all tests, over packages for all architectures
	@exec tools/test.sh

eap:             ## the packages for cameras: target/eap/*.eap
	@tools/packages.sh build cross
	@exec tools/pack.sh aarch64 armv7hf

check:           ## form, lints, documentation, walls between rooms, scripts
	@exec tools/check.sh

fuzz:            ## strange input for each parser of what a camera, a card, a person or the kernel tells: SECONDS=30
	@SECONDS_EACH='$(or $(SECONDS),30)' exec tools/fuzz.sh

bench:           ## the figures of README: sizes, memory, speed beside nginx, first view, Lighthouse
	@exec tools/bench.sh

screenshots:     ## pictures of the page's main states: target/screenshots, and README's two
	@exec tools/screenshots.sh

clean:           ## forgets everything that was built or fetched
	rm -rf target
