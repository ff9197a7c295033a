# The services in Go (standard library only). The context is the folder of the service.
ARG BASE=golang:1.26-alpine
FROM ${BASE} AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 GOTOOLCHAIN=local go build -trimpath -buildvcs=false -ldflags '-s -w' -o /service .

FROM scratch
COPY --from=build /service /app/main
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/app/main"]
