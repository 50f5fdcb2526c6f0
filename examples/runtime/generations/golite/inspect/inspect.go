// Package inspect stands for go-lite's own package under real Go, so that programs that import it compile
// there; all its counters are 0. A module uses it by
//
//	require golite v0.0.0
//	replace golite => ./golite
package inspect

import (
	"strconv"
	"strings"
	"time"
)

// Generations are counters of the heap by the age of its objects. An object is young until it has survived
// a collection, then old.
type Generations struct {
	Young, Old Generation
	Minor      Minor
	Major      Major
}

// A Generation is the objects of an age.
type Generation struct {
	Objects, Bytes uint64
}

// Minor are the collections that look at young objects only.
type Minor struct {
	Count  uint64
	Last   []MinorCycle // up to 256, the last one first
	Pauses Histogram
}

// A MinorCycle is a collection of young objects.
type MinorCycle struct {
	Number          uint64
	Bytes           uint64        // allocated since the collection before
	Survivors       uint64        // objects that were reachable
	Promoted        uint64        // their bytes, which are old from now on
	DirtyCards      uint64        // pieces of 128 bytes of old objects that were looked at because they had changed
	Pause           time.Duration // together with that of a major collection, if it was done before a part of one
}

// Major are the collections that look at all objects, in slices between which the program runs.
type Major struct {
	Count  uint64
	Last   []MajorCycle // up to 256, the last one first
	Pauses Histogram    // of slices
}

// A MajorCycle is a collection of all objects.
type MajorCycle struct {
	Number                uint64
	Forced                bool   // the program asked for it
	Before, After, Marked uint64 // bytes at its start, at its end, and of what it found reachable
	Wall, Stopped         time.Duration
}

// Buckets is the number of those of a [Histogram].
const Buckets = 24

// A Histogram counts pauses: Counts[0] those below a microsecond, Counts[n] those below 2^n microseconds that
// are not below half of it, the last one all that are longer.
type Histogram struct {
	Counts [Buckets]uint64
}

// Bound returns what the pauses of a bucket are below of; 0 for the last, which has no bound.
func (h *Histogram) Bound(bucket int) time.Duration {
	if bucket >= Buckets-1 {
		return 0
	}
	return time.Microsecond << bucket
}

// Total returns the number of all pauses.
func (h *Histogram) Total() (n uint64) {
	for _, count := range h.Counts {
		n += count
	}
	return n
}

// read writes counters to words, as many as fit: the four of the generations, the numbers of collections,
// the numbers of known minors and majors, both histograms, and the cycles.
func read(words []uint64) int { return fixedWords }

const (
	fixedWords = 8 + 2*Buckets
	minorWords = 6
	majorWords = 7
)

// GenStats returns the counters of this moment.
func GenStats() Generations {
	words := make([]uint64, fixedWords+256*(minorWords+majorWords))
	words = words[:read(words)]
	g := Generations{
		Young: Generation{words[0], words[1]},
		Old:   Generation{words[2], words[3]},
		Minor: Minor{Count: words[4]},
		Major: Major{Count: words[5]},
	}
	minors, majors := int(words[6]), int(words[7])
	copy(g.Minor.Pauses.Counts[:], words[8:])
	copy(g.Major.Pauses.Counts[:], words[8+Buckets:])
	words = words[fixedWords:]
	for range minors {
		w := words[:minorWords]
		g.Minor.Last = append(g.Minor.Last, MinorCycle{w[0], w[1], w[2], w[3], w[4], time.Duration(w[5])})
		words = words[minorWords:]
	}
	for range majors {
		w := words[:majorWords]
		c := MajorCycle{w[0], w[1] != 0, w[2], w[3], w[4], time.Duration(w[5]), time.Duration(w[6])}
		g.Major.Last = append(g.Major.Last, c)
		words = words[majorWords:]
	}
	return g
}

// A Site is a place in the source.
type Site struct {
	Function string // "" if the place is not known
	File     string
	Line     int
}

// A Leak is a goroutine that can never go on: nobody that could wake it can reach what it waits on.
type Leak struct {
	Goroutine uint64   // its number
	State     string   // as tracebacks show it, such as "chan send"
	Operation string   // the source of what it waits in
	At        Site     // where that is
	Created   Site     // where it was started
	Creator   uint64   // by whom; 0 for the runtime
	Made      Site     // where the channel was made
	Holder    uint64   // who holds the lock; 0 if that is not known
	Others    []uint64 // which other leaked goroutines have what it waits on
}

// String returns what is known in a line.
func (l Leak) String() string {
	text := "goroutine " + strconv.FormatUint(l.Goroutine, 10) + " [" + l.State + "]: " + l.Operation
	if l.At.Function != "" {
		text += " in " + l.At.Function + ", line " + strconv.Itoa(l.At.Line)
	}
	return text
}

// findLeaks collects and returns the leaks: fields that end with a 0, goroutines that end with a 1.
func findLeaks() []byte { return nil }

// Leaks collects all that is unreachable and returns the goroutines that it has found to be leaks, in order of
// their numbers.
func Leaks() []Leak {
	var leaks []Leak
	for record := range strings.SplitSeq(string(findLeaks()), "\x01") {
		fields := strings.Split(record, "\x00")
		if len(fields) < 16 {
			continue
		}
		number := func(text string) uint64 {
			n, _ := strconv.ParseUint(text, 10, 64)
			return n
		}
		site := func(at int) Site { return Site{fields[at], fields[at+1], int(number(fields[at+2]))} }
		leak := Leak{
			Goroutine: number(fields[0]),
			State:     fields[1],
			Operation: fields[2],
			At:        site(3),
			Created:   site(6),
			Made:      site(9),
			Creator:   number(fields[12]),
			Holder:    number(fields[13]),
		}
		for text := range strings.SplitSeq(fields[14], ",") {
			if text != "" {
				leak.Others = append(leak.Others, number(text))
			}
		}
		leaks = append(leaks, leak)
	}
	return leaks
}
