module madang/helm/tools/registry

go 1.26.8

tool github.com/google/go-containerregistry/cmd/registry

require github.com/google/go-containerregistry v0.20.2 // indirect
