package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/net/websocket"
)

const (
	maxUploadBytes = 20 << 20
	maxTickSeconds = 60
)

// upload takes a body and answers what it was, for whoever sends something large while the server is updated.
func (h *handler) upload(w http.ResponseWriter, r *http.Request) {
	digest := sha256.New()
	size, err := io.Copy(digest, http.MaxBytesReader(w, r.Body, maxUploadBytes))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		fail(w, http.StatusRequestEntityTooLarge, "the body is larger than 20 MiB")
	case err != nil:
		fail(w, http.StatusBadRequest, "the body ended early")
	default:
		answer(w, http.StatusOK, map[string]interface{}{"bytes": size, "sha256": hex.EncodeToString(digest.Sum(nil))})
	}
}

// ticks is a WebSocket that counts seconds: a message each, then a close from this side. A stop waits for those that are
// open: http.Server.Shutdown does not know about connections that were taken over.
func (h *handler) ticks(w http.ResponseWriter, r *http.Request) {
	seconds, err := strconv.Atoi(r.URL.Query().Get("seconds"))
	if err != nil || seconds < 1 || seconds > maxTickSeconds {
		fail(w, http.StatusBadRequest, "seconds must be a number from 1 to "+strconv.Itoa(maxTickSeconds))
		return
	}
	h.sockets.Add(1)
	defer h.sockets.Done()
	websocket.Server{Handler: func(socket *websocket.Conn) {
		defer socket.Close()
		_ = socket.SetDeadline(time.Now().Add(time.Duration(seconds+10) * time.Second))
		for tick := 1; tick <= seconds; tick++ {
			time.Sleep(time.Second)
			if websocket.Message.Send(socket, strconv.Itoa(tick)) != nil {
				return
			}
		}
	}}.ServeHTTP(w, r)
}

// waitFor reports whether what is counted ended before the deadline.
func waitFor(group *sync.WaitGroup, deadline <-chan struct{}) bool {
	done := make(chan struct{})
	go func() {
		group.Wait()
		close(done)
	}()
	select {
	case <-done:
		return true
	case <-deadline:
		return false
	}
}
