// A stand-in for Grafana where its image cannot be had. It answers what a proxy, a healthcheck and Prometheus ask of
// Grafana, holds the login shut until somebody has the password, and reads the provisioned dashboards; it draws nothing.
//
// Needs:   GF_SECURITY_ADMIN_PASSWORD__FILE or GF_SECURITY_ADMIN_PASSWORD (default: admin) at the first start; a folder for
// its data that its user may write (GF_PATHS_DATA, default /var/lib/grafana). GF_SECURITY_ADMIN_USER, GF_SERVER_HTTP_PORT,
// GF_SECURITY_COOKIE_SECURE and GF_PATHS_PROVISIONING mean what they mean to Grafana.
// Changes: stand-in.json in that folder, at the first start only: like Grafana, it never reads the password again.
package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"log"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"syscall"
	"time"
)

const version = "0-stand-in"

type account struct {
	User string `json:"user"`
	Salt string `json:"salt"`
	Hash string `json:"hash"`
}

type dashboard struct {
	UID   string `json:"uid"`
	Title string `json:"title"`
	text  []byte
}

type server struct {
	account    account
	secure     bool
	dashboards map[string]dashboard
	started    time.Time

	mutex    sync.Mutex
	sessions map[string]bool
	requests uint64
}

func env(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}

func token() string {
	bytes := make([]byte, 16)
	if _, err := rand.Read(bytes); err != nil {
		log.Fatal(err)
	}
	return hex.EncodeToString(bytes)
}

// One round is enough for a password of a test.
func hash(salt, password string) string {
	sum := sha256.Sum256([]byte(salt + password))
	return hex.EncodeToString(sum[:])
}

func firstPassword() (string, error) {
	if path := os.Getenv("GF_SECURITY_ADMIN_PASSWORD__FILE"); path != "" {
		text, err := os.ReadFile(path)
		return strings.TrimSpace(string(text)), err
	}
	return env("GF_SECURITY_ADMIN_PASSWORD", "admin"), nil
}

func loadAccount(path string) (account, error) {
	var known account
	text, err := os.ReadFile(path)
	if err == nil {
		return known, json.Unmarshal(text, &known)
	}
	if !os.IsNotExist(err) {
		return known, err
	}
	password, err := firstPassword()
	if err != nil {
		return known, err
	}
	if password == "" {
		return known, fmt.Errorf("the password of the first start is empty")
	}
	known = account{User: env("GF_SECURITY_ADMIN_USER", "admin"), Salt: token()}
	known.Hash = hash(known.Salt, password)
	text, err = json.Marshal(known)
	if err != nil {
		return known, err
	}
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		return known, err
	}
	return known, os.Rename(path+".new", path)
}

// The `path:` lines of the providers: enough of YAML for the files that a tree holds.
func dashboardFolders(provisioning string) []string {
	var folders []string
	files, _ := filepath.Glob(filepath.Join(provisioning, "dashboards", "*.y*ml"))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			log.Printf("cannot read %s: %v", file, err)
		}
		for _, line := range strings.Split(string(text), "\n") {
			if value := strings.TrimPrefix(strings.TrimSpace(line), "path:"); value != strings.TrimSpace(line) {
				folders = append(folders, strings.Trim(strings.TrimSpace(value), `"'`))
			}
		}
	}
	return folders
}

// Like Grafana, it goes on without a dashboard that it cannot read, and says so.
func loadDashboards(provisioning string) map[string]dashboard {
	found := map[string]dashboard{}
	for _, folder := range dashboardFolders(provisioning) {
		files, _ := filepath.Glob(filepath.Join(folder, "*.json"))
		for _, file := range files {
			var one dashboard
			text, err := os.ReadFile(file)
			if err == nil {
				err = json.Unmarshal(text, &one)
			}
			if err != nil || one.UID == "" || one.Title == "" {
				log.Printf("no dashboard: %s: %v", file, err)
				continue
			}
			one.text = text
			found[one.UID] = one
			log.Printf("dashboard %s from %s", one.UID, file)
		}
	}
	return found
}

func (s *server) right(user, password string) bool {
	sameUser := subtle.ConstantTimeCompare([]byte(user), []byte(s.account.User))
	samePassword := subtle.ConstantTimeCompare([]byte(hash(s.account.Salt, password)), []byte(s.account.Hash))
	return sameUser&samePassword == 1
}

func (s *server) loggedIn(request *http.Request) bool {
	if user, password, ok := request.BasicAuth(); ok {
		return s.right(user, password)
	}
	cookie, err := request.Cookie("grafana_session")
	if err != nil {
		return false
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.sessions[cookie.Value]
}

func answer(writer http.ResponseWriter, status int, value interface{}) {
	writer.Header().Set("Content-Type", "application/json; charset=UTF-8")
	writer.WriteHeader(status)
	if err := json.NewEncoder(writer).Encode(value); err != nil {
		log.Print(err)
	}
}

func message(writer http.ResponseWriter, status int, text string) {
	answer(writer, status, map[string]string{"message": text})
}

func page(writer http.ResponseWriter, body string) {
	writer.Header().Set("Content-Type", "text/html; charset=UTF-8")
	writer.Header().Set("Cache-Control", "no-store")
	fmt.Fprintf(writer, "<!doctype html><title>Grafana (stand-in)</title><h1>Grafana (stand-in)</h1>"+
		"<p>This is not Grafana: it answers in its place in tests.</p>%s\n", body)
}

func (s *server) logIn(writer http.ResponseWriter, request *http.Request) {
	if request.Method != http.MethodPost {
		page(writer, `<form method="post" action="/login"><input name="user"><input name="password" type="password"><button>Log in</button></form>`)
		return
	}
	var given struct{ User, Password string }
	form := !strings.HasPrefix(request.Header.Get("Content-Type"), "application/json")
	request.Body = http.MaxBytesReader(writer, request.Body, 4096)
	if form {
		given.User, given.Password = request.PostFormValue("user"), request.PostFormValue("password")
	} else if err := json.NewDecoder(request.Body).Decode(&given); err != nil {
		message(writer, http.StatusBadRequest, "bad login data")
		return
	}
	if !s.right(given.User, given.Password) {
		message(writer, http.StatusUnauthorized, "Invalid username or password")
		return
	}
	session := token()
	s.mutex.Lock()
	s.sessions[session] = true
	s.mutex.Unlock()
	http.SetCookie(writer, &http.Cookie{
		Name: "grafana_session", Value: session, Path: "/", HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode,
	})
	if form {
		http.Redirect(writer, request, "/", http.StatusFound)
		return
	}
	message(writer, http.StatusOK, "Logged in")
}

func (s *server) logOut(writer http.ResponseWriter, request *http.Request) {
	if cookie, err := request.Cookie("grafana_session"); err == nil {
		s.mutex.Lock()
		delete(s.sessions, cookie.Value)
		s.mutex.Unlock()
	}
	http.SetCookie(writer, &http.Cookie{Name: "grafana_session", Path: "/", MaxAge: -1})
	http.Redirect(writer, request, "/login", http.StatusFound)
}

func (s *server) sorted() []dashboard {
	all := make([]dashboard, 0, len(s.dashboards))
	for _, one := range s.dashboards {
		all = append(all, one)
	}
	sort.Slice(all, func(a, b int) bool { return all[a].UID < all[b].UID })
	return all
}

func (s *server) home(writer http.ResponseWriter, request *http.Request) {
	if !s.loggedIn(request) {
		http.Redirect(writer, request, "/login", http.StatusFound)
		return
	}
	var list strings.Builder
	for _, one := range s.sorted() {
		fmt.Fprintf(&list, "<li>%s: %s", html.EscapeString(one.UID), html.EscapeString(one.Title))
	}
	page(writer, "<ul>"+list.String()+"</ul>")
}

func (s *server) api(writer http.ResponseWriter, request *http.Request) {
	if !s.loggedIn(request) {
		message(writer, http.StatusUnauthorized, "Unauthorized")
		return
	}
	const one = "/api/dashboards/uid/"
	switch path := request.URL.Path; {
	case path == "/api/user":
		answer(writer, http.StatusOK, map[string]interface{}{"id": 1, "login": s.account.User, "isGrafanaAdmin": true})
	case path == "/api/search":
		answer(writer, http.StatusOK, s.sorted())
	case strings.HasPrefix(path, one):
		found, ok := s.dashboards[strings.TrimPrefix(path, one)]
		if !ok {
			message(writer, http.StatusNotFound, "Dashboard not found")
			return
		}
		answer(writer, http.StatusOK, map[string]json.RawMessage{"dashboard": found.text})
	default:
		message(writer, http.StatusNotFound, "Not found: this is a stand-in")
	}
}

func (s *server) metrics(writer http.ResponseWriter, _ *http.Request) {
	s.mutex.Lock()
	requests := s.requests
	s.mutex.Unlock()
	writer.Header().Set("Content-Type", "text/plain; version=0.0.4")
	fmt.Fprintf(writer, "# TYPE grafana_build_info gauge\ngrafana_build_info{version=%q} 1\n", version)
	fmt.Fprintf(writer, "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %d\n", s.started.Unix())
	fmt.Fprintf(writer, "# TYPE grafana_stand_in_requests_total counter\ngrafana_stand_in_requests_total %d\n", requests)
}

func (s *server) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	s.mutex.Lock()
	s.requests++
	s.mutex.Unlock()
	switch path := request.URL.Path; {
	case path == "/api/health":
		answer(writer, http.StatusOK, map[string]string{"database": "ok", "version": version})
	case path == "/metrics":
		s.metrics(writer, request)
	case path == "/login":
		s.logIn(writer, request)
	case path == "/logout":
		s.logOut(writer, request)
	case strings.HasPrefix(path, "/api/"):
		s.api(writer, request)
	default:
		s.home(writer, request)
	}
}

func run() error {
	known, err := loadAccount(filepath.Join(env("GF_PATHS_DATA", "/var/lib/grafana"), "stand-in.json"))
	if err != nil {
		return err
	}
	handler := &server{
		account:    known,
		secure:     os.Getenv("GF_SECURITY_COOKIE_SECURE") == "true",
		dashboards: loadDashboards(env("GF_PATHS_PROVISIONING", "/etc/grafana/provisioning")),
		started:    time.Now(),
		sessions:   map[string]bool{},
	}
	listener := &http.Server{Addr: ":" + env("GF_SERVER_HTTP_PORT", "3000"), Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	stopped := make(chan error, 1)
	go func() {
		<-stop.Done()
		within, done := context.WithTimeout(context.Background(), 5*time.Second)
		defer done()
		stopped <- listener.Shutdown(within)
	}()
	log.Printf("Grafana's stand-in listens at %s", listener.Addr)
	if err := listener.ListenAndServe(); err != http.ErrServerClosed {
		return err
	}
	return <-stopped
}

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}
