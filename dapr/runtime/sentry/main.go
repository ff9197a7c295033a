// Builds Sentry, the certificate authority of sidecars, from the same module as daprd: for a machine that can reach
// neither Dapr's releases nor an image registry.
package main

import "github.com/dapr/dapr/cmd/sentry/app"

func main() {
	app.Run()
}
