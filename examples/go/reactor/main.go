// Command reactor is a function as a reactor: Hydra calls _initialize once, which starts the Go runtime and runs
// the package's init functions, keeps an image of the memory, and then calls handler for every event. No
// invocation pays for the start of the runtime, and globals persist between invocations of one sandbox.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
)

type event struct {
	Name string `json:"name"`
}

type reply struct {
	Message string `json:"message"`
	Events  int    `json:"events"`
}

var events int

// handler answers one event; 0 says that it went well.
//
//go:wasmexport handler
func handler() int32 {
	if err := answer(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func answer(in io.Reader, out io.Writer) error {
	var e event
	if err := json.NewDecoder(in).Decode(&e); err != nil {
		return fmt.Errorf("read the event: %w", err)
	}
	events++
	return json.NewEncoder(out).Encode(reply{Message: "Hello, " + e.Name + "!", Events: events})
}

// main is not called in a reactor; the compiler wants one all the same.
func main() {}
