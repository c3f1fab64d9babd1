package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"sort"
	"strings"
	"sync"
)

// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
type metrics struct {
	version string

	mutex    sync.Mutex
	inFlight int
	requests map[request]int
	orders   map[string]int
}

type request struct {
	route string
	code  int
}

func newMetrics(version string) *metrics {
	return &metrics{
		version:  version,
		requests: map[request]int{},
		// A counter that appears only with its first event hides that event from rate().
		orders: map[string]int{"created": 0, "existing": 0},
	}
}

func (m *metrics) order(result string) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.orders[result]++
}

func (m *metrics) begin() {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.inFlight++
}

func (m *metrics) end(route string, code int) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.inFlight--
	m.requests[request{route, code}]++
}

func (m *metrics) write(out io.Writer, databaseUp bool) {
	var text strings.Builder
	m.mutex.Lock()
	keys := make([]request, 0, len(m.requests))
	for key := range m.requests {
		keys = append(keys, key)
	}
	sort.Slice(keys, func(i, j int) bool {
		if keys[i].route != keys[j].route {
			return keys[i].route < keys[j].route
		}
		return keys[i].code < keys[j].code
	})
	family(&text, "app_http_requests_total", "counter", "Requests answered, by route and status code.")
	for _, key := range keys {
		fmt.Fprintf(&text, "app_http_requests_total{route=%q,code=\"%d\"} %d\n", key.route, key.code, m.requests[key])
	}
	family(&text, "app_http_requests_in_flight", "gauge", "Requests being answered now, this one included.")
	fmt.Fprintf(&text, "app_http_requests_in_flight %d\n", m.inFlight)
	family(&text, "app_orders_total", "counter", "Orders asked for, by result.")
	for _, result := range []string{"created", "existing"} {
		fmt.Fprintf(&text, "app_orders_total{result=%q} %d\n", result, m.orders[result])
	}
	m.mutex.Unlock()

	up := 0
	if databaseUp {
		up = 1
	}
	family(&text, "app_database_up", "gauge", "1 when the database answers.")
	fmt.Fprintf(&text, "app_database_up %d\n", up)
	family(&text, "app_build_info", "gauge", "Always 1; the version is in the label.")
	escaped := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(m.version)
	fmt.Fprintf(&text, "app_build_info{version=\"%s\"} 1\n", escaped)
	io.WriteString(out, text.String())
}

func family(text *strings.Builder, name, kind, help string) {
	fmt.Fprintf(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

func (h *handler) counted(route string, serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h.metrics.begin()
		recorder := &statusRecorder{ResponseWriter: w, code: http.StatusOK}
		defer func() { h.metrics.end(route, recorder.code) }()
		serve(recorder, r)
	}
}

type statusRecorder struct {
	http.ResponseWriter
	code int
}

// Hijack lets a WebSocket take the connection over.
func (r *statusRecorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	hijacker, ok := r.ResponseWriter.(http.Hijacker)
	if !ok {
		return nil, nil, http.ErrNotSupported
	}
	r.code = http.StatusSwitchingProtocols
	return hijacker.Hijack()
}

func (r *statusRecorder) WriteHeader(code int) {
	r.code = code
	r.ResponseWriter.WriteHeader(code)
}
