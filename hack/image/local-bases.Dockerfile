# The two base images of ../../Dockerfile, made where none can be pulled: from any image of a glibc system with a shell
# that is here already, Node.js (an npm package), npm, and a filled npm cache, so that the build needs no network.
# hack/image/local-bases.ts prepares the context.
ARG SYSTEM_IMAGE

FROM ${SYSTEM_IMAGE} AS build
ARG NPM_CONFIG_REGISTRY
COPY node /usr/local/bin/node
COPY npm /usr/local/lib/npm
COPY npm-cache /npm-cache
RUN printf '#!/bin/sh\nexec node /usr/local/lib/npm/bin/npm-cli.js "$@"\n' >/usr/local/bin/npm && chmod 755 /usr/local/bin/npm
# The registry's address is part of the cache's keys.
ENV NPM_CONFIG_CACHE=/npm-cache NPM_CONFIG_OFFLINE=true NPM_CONFIG_REGISTRY=${NPM_CONFIG_REGISTRY}
WORKDIR /runtime
# node and the libraries that it loads, where its loader looks for them.
RUN set -e; mkdir -p nodejs/bin tmp etc; chmod 1777 tmp; cp /usr/local/bin/node nodejs/bin/; \
    for library in $(ldd nodejs/bin/node | grep -o '/[^ ]*'); do \
      mkdir -p ".${library%/*}"; cp -L "$library" ".$library"; \
    done; \
    printf 'root:x:0:0::/:/none\nnonroot:x:65532:65532::/:/none\n' >etc/passwd

FROM scratch AS runtime
COPY --from=build /runtime /
