// Waits for events with cilium/ebpf, one after the other, as tests/bench/wake.ts does. Prints how long each took from the program,
// in us.
package main

import (
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/ringbuf"
	"golang.org/x/sys/unix"
)

const events = 1000

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	var objects struct {
		Wake   *ebpf.Program `ebpf:"wake"`
		Events *ebpf.Map     `ebpf:"events"`
	}
	spec, err := ebpf.LoadCollectionSpec(os.Args[1])
	check(err)
	check(spec.LoadAndAssign(&objects, nil))
	reader, err := ringbuf.NewReader(objects.Events)
	check(err)
	go func() {
		options := ebpf.RunOptions{Data: make([]byte, 64)}
		for range events {
			time.Sleep(time.Millisecond)
			_, err := objects.Wake.Run(&options)
			check(err)
		}
	}()
	var record ringbuf.Record
	for range events {
		check(reader.ReadInto(&record))
		var now unix.Timespec
		check(unix.ClockGettime(unix.CLOCK_MONOTONIC, &now))
		fmt.Println(float64(now.Nano()-int64(binary.NativeEndian.Uint64(record.RawSample))) / 1e3)
	}
}
