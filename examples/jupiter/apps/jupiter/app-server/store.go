package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"net"
	"strings"
	"time"

	"github.com/lib/pq"
)

const (
	healthTimeout = 2 * time.Second
	queryTimeout  = 3 * time.Second

	// https://www.postgresql.org/docs/current/errcodes-appendix.html
	undefinedTable = "42P01"
)

type store struct {
	db *sql.DB
}

func openStore(config config) (*store, error) {
	connector, err := pq.NewConnector(dataSource(config))
	if err != nil {
		return nil, err
	}
	connector.Dialer(boundedDialer{})
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(10)
	db.SetMaxIdleConns(10)
	db.SetConnMaxLifetime(5 * time.Minute)
	return &store{db: db}, nil
}

func (s *store) Close() error { return s.db.Close() }

// Prepare makes the table. It changes nothing where the table exists.
func (s *store) Prepare(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	_, err := s.db.ExecContext(ctx, `
		CREATE TABLE IF NOT EXISTS orders (
			id text PRIMARY KEY,
			created_at timestamptz NOT NULL DEFAULT now()
		)`)
	return err
}

// PrepareWithRetry also outlives two servers that start at once: of two concurrent CREATE TABLE IF NOT EXISTS one may
// fail with a unique violation in the catalogue, and succeeds when repeated.
func (s *store) PrepareWithRetry(ctx context.Context) {
	wait := 250 * time.Millisecond
	last := ""
	for {
		err := s.Prepare(ctx)
		if err == nil {
			log.Print("the database is ready")
			return
		}
		if message := err.Error(); message != last && ctx.Err() == nil {
			log.Printf("waiting for the database: %s", message)
			last = message
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		if wait < 2*time.Second {
			wait *= 2
		}
	}
}

// Healthy asks for the table, not only for a connection: a database that was replaced under a running server is
// prepared again.
func (s *store) Healthy(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	var one bool
	err := s.db.QueryRowContext(ctx, `SELECT EXISTS (SELECT FROM orders)`).Scan(&one)
	var failure *pq.Error
	if errors.As(err, &failure) && failure.Code == undefinedTable {
		return s.Prepare(ctx)
	}
	return err
}

// Place reports whether the order is new. The primary key decides, so a client that lost an answer may repeat itself.
func (s *store) Place(ctx context.Context, id string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	result, err := s.db.ExecContext(ctx, `INSERT INTO orders (id) VALUES ($1) ON CONFLICT (id) DO NOTHING`, id)
	if err != nil {
		return false, err
	}
	rows, err := result.RowsAffected()
	return rows == 1, err
}

func (s *store) Count(ctx context.Context) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	var count int64
	err := s.db.QueryRowContext(ctx, `SELECT count(*) FROM orders`).Scan(&count)
	return count, err
}

// https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-KEYWORD-VALUE
func dataSource(config config) string {
	quote := func(value string) string {
		return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value) + "'"
	}
	return fmt.Sprintf("host=%s port=%s user=%s dbname=%s sslmode=%s password=%s connect_timeout=3 application_name=app-server",
		quote(config.DatabaseHost), quote(config.DatabasePort), quote(config.DatabaseUser),
		quote(config.DatabaseName), quote(config.DatabaseSSLMode), quote(config.DatabasePassword))
}

// lib/pq waits for an answer without a deadline, also after the query's context ended; a database that went silent
// (paused, or cut off by the network) would hold every connection of the pool. So each read has a deadline of its own.
type boundedDialer struct{}

func (d boundedDialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

func (d boundedDialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return d.DialContext(ctx, network, address)
}

func (boundedDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: 3 * time.Second}
	connection, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return boundedConn{connection}, nil
}

type boundedConn struct{ net.Conn }

func (c boundedConn) Read(buffer []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(queryTimeout)); err != nil {
		return 0, err
	}
	return c.Conn.Read(buffer)
}
