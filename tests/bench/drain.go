// Drains a full ring buffer with cilium/ebpf, as tests/bench/drain.ts does: `count` adds the first words up, `some` three fields,
// `decode` all fields of each record. Prints ns per record of each batch.
package main

import (
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/ringbuf"
)

const (
	batches = 30
	records = 200000
)

type event struct {
	Number           uint64
	A, B             uint32
	C, D, E, F, G, H uint64
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	var objects struct {
		Fill   *ebpf.Program `ebpf:"fill"`
		Events *ebpf.Map     `ebpf:"events"`
	}
	spec, err := ebpf.LoadCollectionSpec(os.Args[1])
	check(err)
	check(spec.LoadAndAssign(&objects, nil))
	reader, err := ringbuf.NewReader(objects.Events)
	check(err)
	// The program wakes nobody: what is there is read without a wait
	reader.SetDeadline(time.Unix(1, 0))
	options := ebpf.RunOptions{Data: make([]byte, 64), Repeat: records}
	var record ringbuf.Record
	var sum uint64
	for range batches {
		_, err := objects.Fill.Run(&options)
		check(err)
		start := time.Now()
		for range records {
			check(reader.ReadInto(&record))
			raw := record.RawSample
			native := binary.NativeEndian
			switch os.Args[2] {
			case "count":
				sum += uint64(native.Uint32(raw))
				continue
			case "some":
				sum += native.Uint64(raw) + uint64(native.Uint32(raw[8:])) + uint64(native.Uint32(raw[12:]))
				continue
			}
			var e event
			_, err := binary.Decode(raw, native, &e)
			check(err)
			sum += e.Number + uint64(e.A) + uint64(e.B) + e.C + e.D + e.E + e.F + e.G + e.H
		}
		fmt.Println(float64(time.Since(start).Nanoseconds()) / records)
	}
	if sum == 0 {
		log.Fatal("no records")
	}
}
