// Command hello is a function as a command: the event arrives on standard input, the reply leaves on standard
// output, standard error is the log, and a non-zero exit fails the invocation.
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
}

func answer(in io.Reader, out io.Writer) error {
	var e event
	if err := json.NewDecoder(in).Decode(&e); err != nil {
		return fmt.Errorf("read the event: %w", err)
	}
	return json.NewEncoder(out).Encode(reply{Message: "Hello, " + e.Name + "!"})
}

func main() {
	if err := answer(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
