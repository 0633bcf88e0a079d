# The static binary alone. There is no git in the image, so `--staged` and `--since` are not for it.
# The context is the folder `image` that `.ci/pack` writes:
#
#   docker buildx build --platform linux/amd64,linux/arm64 --file Dockerfile OUT/image
#   docker run --rm --volume "$PWD:/project:ro" IMAGE check
FROM scratch
ARG TARGETPLATFORM
COPY ${TARGETPLATFORM}/pushguard /pushguard
WORKDIR /project
ENTRYPOINT ["/pushguard"]
