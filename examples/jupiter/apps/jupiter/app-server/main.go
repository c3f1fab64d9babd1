// Command app-server is the example application: orders in PostgreSQL, each placed exactly once.
//
//	app-server               serves HTTP until SIGTERM or SIGINT
//	app-server healthcheck   exits 0 when the server beside it is healthy, 1 when it is not
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

func main() {
	log.SetFlags(log.LstdFlags | log.LUTC | log.Lmsgprefix)
	var err error
	switch {
	case len(os.Args) == 1:
		err = serve()
	case len(os.Args) == 2 && os.Args[1] == "healthcheck":
		err = healthcheck()
	default:
		fmt.Fprintln(os.Stderr, "usage: app-server [healthcheck]")
		os.Exit(2)
	}
	if err != nil {
		log.Print(err)
		os.Exit(1)
	}
}

func serve() error {
	config, err := readConfig()
	if err != nil {
		return err
	}
	store, err := openStore(config)
	if err != nil {
		return err
	}
	defer store.Close()

	stopping, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()

	// The port answers before the database does: /health says 503 meanwhile, which tells a health check more
	// than a refused connection.
	go store.PrepareWithRetry(stopping)

	sockets := &sync.WaitGroup{}
	server := &http.Server{
		Handler:           newHandler(store, config.Version, sockets),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		// Above the longest answer, which is /slow's.
		WriteTimeout:   (maxSlowSeconds + 15) * time.Second,
		IdleTimeout:    75 * time.Second,
		MaxHeaderBytes: 16 << 10,
	}
	listener, err := net.Listen("tcp", ":"+config.Port)
	if err != nil {
		return err
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	log.Printf("version %s listens on port %s", config.Version, config.Port)

	select {
	case err := <-failed:
		return err
	case <-stopping.Done():
	}
	// A second signal ends the process at once.
	stop()
	log.Printf("stopping: open requests have %s to finish", config.Drain)
	draining, cancel := context.WithTimeout(context.Background(), config.Drain)
	defer cancel()
	if err := server.Shutdown(draining); err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			return fmt.Errorf("stopped with requests still open after %s", config.Drain)
		}
		return err
	}
	if !waitFor(sockets, draining.Done()) {
		return fmt.Errorf("stopped with WebSockets still open after %s", config.Drain)
	}
	log.Print("stopped: every request was answered")
	return nil
}

func healthcheck() error {
	port, err := readPort()
	if err != nil {
		return err
	}
	// A transport of its own: HTTP_PROXY of the environment must not decide whether this container is healthy.
	client := &http.Client{Timeout: queryTimeout + time.Second, Transport: &http.Transport{}}
	answer, err := client.Get("http://127.0.0.1:" + port + "/health")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("unhealthy: %s", answer.Status)
	}
	return nil
}
