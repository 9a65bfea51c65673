// Uses a map with cilium/ebpf in the way that the argument says, as tests/bench/map.ts does. Prints ns per element of each
// batch.
package main

import (
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/cilium/ebpf"
)

const (
	many = 100000
	some = 1024
	few  = 4
	// As many as the library reads by one system call, 64 KiB.
	block = (1 << 16) / 12
)

var (
	keys   = make([]uint32, many)
	values = make([]uint64, many)
	m      *ebpf.Map
	count  uint32
)

var modes = map[string]struct {
	count, passes, batches uint32
	pass                   func() uint64
}{
	"lookup":  {some, 1, 300, lookup},
	"cpus":    {some, 1, 300, lookupCPUs},
	"update":  {some, 1, 300, update},
	"delete":  {some, 1, 300, remove},
	"few":     {few, 256, 300, iterate},
	"iterate": {many, 1, 15, iterate},
	"dump":    {many, 1, 15, dump},
	"set":     {many, 1, 15, set},
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func lookup() (sum uint64) {
	var value uint64
	for key := uint32(0); key < count; key++ {
		check(m.Lookup(&key, &value))
		sum += value
	}
	return sum
}

func lookupCPUs() (sum uint64) {
	perCPU := make([]uint64, ebpf.MustPossibleCPU())
	for key := uint32(0); key < count; key++ {
		var largest uint64
		check(m.Lookup(&key, &perCPU))
		for _, value := range perCPU {
			largest = max(largest, value)
		}
		sum += largest
	}
	return sum
}

func update() (sum uint64) {
	for key := uint32(0); key < count; key++ {
		value := uint64(key)
		check(m.Update(&key, &value, ebpf.UpdateAny))
		sum += value
	}
	return sum
}

func updateCPUs() {
	perCPU := make([]uint64, ebpf.MustPossibleCPU())
	for key := uint32(0); key < count; key++ {
		for cpu := range perCPU {
			perCPU[cpu] = uint64(key)
		}
		check(m.Update(&key, perCPU, ebpf.UpdateAny))
	}
}

func remove() (sum uint64) {
	for key := uint32(0); key < count; key++ {
		check(m.Delete(&key))
		sum += uint64(key)
	}
	return sum
}

func iterate() (sum uint64) {
	var key uint32
	var value uint64
	entries := m.Iterate()
	for entries.Next(&key, &value) {
		sum += uint64(key) + value
	}
	check(entries.Err())
	return sum / 2
}

func dump() (sum uint64) {
	var cursor ebpf.MapBatchCursor
	for {
		got, err := m.BatchLookup(&cursor, keys[:block], values[:block], nil)
		for i := range got {
			sum += uint64(keys[i]) + values[i]
		}
		if errors.Is(err, ebpf.ErrKeyNotExist) {
			return sum / 2
		}
		check(err)
	}
}

func set() uint64 {
	for at := uint32(0); at < count; at += block {
		end := min(at+block, count)
		_, err := m.BatchUpdate(keys[at:end], values[at:end], nil)
		check(err)
	}
	return uint64(count) * uint64(count-1) / 2
}

func main() {
	name := os.Args[1]
	mode := modes[name]
	count = mode.count
	kind, fill := ebpf.Hash, func() { update() }
	if name == "cpus" {
		kind, fill = ebpf.PerCPUArray, updateCPUs
	}
	var err error
	m, err = ebpf.NewMap(&ebpf.MapSpec{Name: "bench", Type: kind, KeySize: 4, ValueSize: 8, MaxEntries: count})
	check(err)
	for i := range many {
		keys[i], values[i] = uint32(i), uint64(i)
	}
	fill()
	for range mode.batches {
		if name == "delete" {
			fill()
		}
		var sum uint64
		start := time.Now()
		for range mode.passes {
			sum += mode.pass()
		}
		elapsed := time.Since(start)
		fmt.Println(float64(elapsed.Nanoseconds()) / float64(count) / float64(mode.passes))
		if sum != uint64(count)*uint64(count-1)/2*uint64(mode.passes) {
			log.Fatalf("the sum is %d", sum)
		}
	}
}
