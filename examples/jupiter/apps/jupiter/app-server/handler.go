package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"time"
)

const (
	maxBodyBytes   = 1 << 10
	maxSlowSeconds = 60
)

var orderID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

type handler struct {
	store   *store
	version string
	metrics *metrics
	sockets *sync.WaitGroup
}

func newHandler(store *store, version string, sockets *sync.WaitGroup) http.Handler {
	h := &handler{store: store, version: version, metrics: newMetrics(version), sockets: sockets}
	mux := http.NewServeMux()
	h.route(mux, http.MethodGet, "/health", h.health)
	h.route(mux, http.MethodGet, "/version", h.getVersion)
	h.route(mux, http.MethodGet, "/slow", h.slow)
	h.route(mux, http.MethodGet, "/ticks", h.ticks)
	h.route(mux, http.MethodPost, "/upload", h.upload)
	h.route(mux, http.MethodGet, "/metrics", h.getMetrics)
	h.route(mux, http.MethodGet, "/orders/count", h.count)
	h.route(mux, http.MethodPost, "/orders", h.place)
	// The path of an unknown route is the client's choice: as a label it would grow without bound.
	mux.HandleFunc("/", h.counted("other", func(w http.ResponseWriter, _ *http.Request) {
		fail(w, http.StatusNotFound, "there is nothing here")
	}))
	return mux
}

func (h *handler) route(mux *http.ServeMux, method, path string, serve http.HandlerFunc) {
	mux.HandleFunc(path, h.counted(path, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != method && !(r.Method == http.MethodHead && method == http.MethodGet) {
			w.Header().Set("Allow", method)
			fail(w, http.StatusMethodNotAllowed, "use "+method)
			return
		}
		serve(w, r)
	}))
}

func (h *handler) health(w http.ResponseWriter, r *http.Request) {
	if err := h.store.Healthy(r.Context()); err != nil {
		// The reason names hosts and users: it belongs in the log, not in a public answer.
		log.Printf("health: %s", err)
		answer(w, http.StatusServiceUnavailable, map[string]string{"status": "unavailable", "database": "down"})
		return
	}
	answer(w, http.StatusOK, map[string]string{"status": "ok", "database": "up"})
}

func (h *handler) getVersion(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]string{"version": h.version})
}

func (h *handler) place(w http.ResponseWriter, r *http.Request) {
	var order struct {
		ID string `json:"id"`
	}
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	body.DisallowUnknownFields()
	err := body.Decode(&order)
	if err == nil {
		if _, more := body.Token(); more != io.EOF {
			err = errors.New("more than one value")
			var tooLarge *http.MaxBytesError
			if errors.As(more, &tooLarge) {
				err = more
			}
		}
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		fail(w, http.StatusRequestEntityTooLarge, "the body is larger than 1 KiB")
		return
	case err != nil:
		fail(w, http.StatusBadRequest, `the body must be {"id": "..."}`)
		return
	case !orderID.MatchString(order.ID):
		fail(w, http.StatusBadRequest, "id must be 1 to 64 of A-Z a-z 0-9 . _ - and begin with a letter or digit")
		return
	}
	created, err := h.store.Place(r.Context(), order.ID)
	switch {
	case err != nil:
		unavailable(w, r, err)
	case created:
		h.metrics.order("created")
		answer(w, http.StatusCreated, map[string]string{"id": order.ID, "status": "created"})
	default:
		h.metrics.order("existing")
		answer(w, http.StatusOK, map[string]string{"id": order.ID, "status": "existing"})
	}
}

func (h *handler) count(w http.ResponseWriter, r *http.Request) {
	count, err := h.store.Count(r.Context())
	if err != nil {
		unavailable(w, r, err)
		return
	}
	answer(w, http.StatusOK, map[string]int64{"count": count})
}

// slow holds a request open, for watching what an update or a stop does to it.
func (h *handler) slow(w http.ResponseWriter, r *http.Request) {
	seconds, err := strconv.Atoi(r.URL.Query().Get("seconds"))
	if err != nil || seconds < 0 || seconds > maxSlowSeconds {
		fail(w, http.StatusBadRequest, "seconds must be a number from 0 to "+strconv.Itoa(maxSlowSeconds))
		return
	}
	select {
	case <-r.Context().Done():
	case <-time.After(time.Duration(seconds) * time.Second):
		answer(w, http.StatusOK, map[string]int{"seconds": seconds})
	}
}

func (h *handler) getMetrics(w http.ResponseWriter, r *http.Request) {
	up := h.store.Healthy(r.Context()) == nil
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	h.metrics.write(w, up)
}

func unavailable(w http.ResponseWriter, r *http.Request, err error) {
	if !errors.Is(err, context.Canceled) {
		log.Printf("%s %s: %s", r.Method, r.URL.Path, err)
	}
	w.Header().Set("Retry-After", "1")
	fail(w, http.StatusServiceUnavailable, "the database does not answer")
}

func fail(w http.ResponseWriter, code int, message string) {
	answer(w, code, map[string]string{"error": message})
}

func answer(w http.ResponseWriter, code int, body interface{}) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		log.Printf("answer: %s", err)
	}
}
