package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

type config struct {
	Port    string
	Version string
	Drain   time.Duration

	DatabaseHost     string
	DatabasePort     string
	DatabaseUser     string
	DatabaseName     string
	DatabaseSSLMode  string
	DatabasePassword string
}

func readConfig() (config, error) {
	port, err := readPort()
	if err != nil {
		return config{}, err
	}
	// Below the 10 s after which `docker stop` kills.
	drain, err := strconv.Atoi(environment("DRAIN_SECONDS", "8"))
	if err != nil || drain < 0 || drain > 3600 {
		return config{}, fmt.Errorf("DRAIN_SECONDS must be a number from 0 to 3600")
	}
	passwordFile := environment("DATABASE_PASSWORD_FILE", "/run/secrets/database_password")
	password, err := os.ReadFile(passwordFile)
	if err != nil {
		return config{}, fmt.Errorf("DATABASE_PASSWORD_FILE: %w", err)
	}
	return config{
		Port:             port,
		Version:          environment("VERSION", "dev"),
		Drain:            time.Duration(drain) * time.Second,
		DatabaseHost:     environment("DATABASE_HOST", "database"),
		DatabasePort:     environment("DATABASE_PORT", "5432"),
		DatabaseUser:     environment("DATABASE_USER", "postgres"),
		DatabaseName:     environment("DATABASE_NAME", "postgres"),
		DatabaseSSLMode:  environment("DATABASE_SSLMODE", "disable"),
		DatabasePassword: strings.TrimRight(string(password), "\r\n"),
	}, nil
}

func readPort() (string, error) {
	port := environment("PORT", "3000")
	if number, err := strconv.Atoi(port); err != nil || number < 1 || number > 65535 {
		return "", fmt.Errorf("PORT must be a number from 1 to 65535")
	}
	return port, nil
}

func environment(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}
