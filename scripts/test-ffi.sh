#!/usr/bin/env bash
# The phone bindings, called from Python (always) and from Kotlin on the JVM (FL_LONG=1, needs Maven).
source "$(dirname "$0")/lib.sh"
have python3 || packages python3
bindings=target/bindings
build_all
generate() { target/debug/uniffi-bindgen generate --no-format --language "$1" --out-dir "$bindings/$1" "$library"; }
library=target/debug/libfieldledger_core.$([ "$(uname)" = Darwin ] && echo dylib || echo so)
for language in python kotlin swift; do generate $language; done

cp "$library" "$bindings/python/"
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$bindings/python python3 -m unittest -v client-core/ffi/python/test_smoke.py

if [ -n "${FL_LONG:-}" ]; then
    have mvn || packages maven default-jdk-headless
    log=$bindings/kotlin/maven.log
    mvn -q -B -f client-core/ffi/kotlin/pom.xml test 2>&1 | tee "$log"
    # Surefire passes silently when it finds no test.
    grep -rhq 'tests="[1-9]' target/bindings/kotlin/maven/surefire-reports/*.xml
fi
