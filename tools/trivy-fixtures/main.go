// Command trivy-fixtures builds a Trivy vulnerability database from a YAML of advisories.
//
//	trivy-fixtures ADVISORIES.yaml DIRECTORY
//
// It writes DIRECTORY/trivy.db and DIRECTORY/metadata.json with Trivy's own types and bucket names, so the scanner
// cannot tell the database from a published one; whoever uses it says so. Equal YAML gives equal bytes: sorted keys,
// the YAML's own date instead of the clock, and a transaction for each key (within one, bbolt lays out the buckets it
// touched in the random order of a Go map).
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"time"

	"github.com/aquasecurity/trivy-db/pkg/db"
	"github.com/aquasecurity/trivy-db/pkg/metadata"
	"github.com/aquasecurity/trivy-db/pkg/types"
	"github.com/aquasecurity/trivy-db/pkg/vulnsrc/bucket"
	bolt "go.etcd.io/bbolt"
	"go.yaml.in/yaml/v4"
)

// fixture is the YAML file.
type fixture struct {
	Schema     int        `yaml:"schema"`
	Collected  time.Time  `yaml:"collected"`
	Advisories []advisory `yaml:"advisories"`
}

// advisory is one vulnerability and the packages it is in.
type advisory struct {
	ID       string            `yaml:"id"`
	Sources  []string          `yaml:"sources"`
	Title    string            `yaml:"title"`
	Severity map[string]string `yaml:"severity"`
	Affects  []affected        `yaml:"affects"`
}

// affected is one package of one ecosystem: ranges for languages, the first fixed version for distributions.
type affected struct {
	In         string   `yaml:"in"`
	Package    string   `yaml:"package"`
	Vulnerable []string `yaml:"vulnerable"`
	Patched    []string `yaml:"patched"`
	Fixed      string   `yaml:"fixed"`
}

// origin is where a database's advisories of one ecosystem come from, and the bucket they live in.
type origin struct {
	bucket string
	source types.DataSource
}

// config is trivy-db's handle on the one database that db.Init opened.
var config = db.Config{}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: trivy-fixtures ADVISORIES.yaml DIRECTORY")
		os.Exit(2)
	}
	if err := build(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "trivy-fixtures:", err)
		os.Exit(1)
	}
}

func build(file, directory string) error {
	content, err := read(file)
	if err != nil {
		return err
	}
	known, err := origins()
	if err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(directory, "trivy.db")); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := db.Init(directory); err != nil {
		return err
	}
	defer db.Close()
	if err := write(content, known); err != nil {
		return err
	}
	return metadata.NewClient(directory).Update(metadata.Metadata{
		Version:      db.SchemaVersion,
		UpdatedAt:    content.Collected.UTC(),
		NextUpdate:   content.Collected.UTC(),
		DownloadedAt: content.Collected.UTC(),
	})
}

func read(file string) (fixture, error) {
	var content fixture
	stream, err := os.Open(file)
	if err != nil {
		return content, err
	}
	defer stream.Close()
	decoder := yaml.NewDecoder(stream)
	decoder.KnownFields(true)
	if err := decoder.Decode(&content); err != nil {
		return content, fmt.Errorf("%s: %w", file, err)
	}
	if content.Schema != 1 || len(content.Advisories) == 0 {
		return content, fmt.Errorf("%s: schema 1 with advisories is expected", file)
	}
	sort.Slice(content.Advisories, func(i, j int) bool { return content.Advisories[i].ID < content.Advisories[j].ID })
	return content, nil
}

// origins names what a YAML may say under `in`.
func origins() (map[string]origin, error) {
	ghsa := func(ecosystem string) types.DataSource {
		return types.DataSource{
			ID:   "ghsa",
			Name: "GitHub Security Advisory " + ecosystem,
			URL:  "https://github.com/advisories?query=type%3Areviewed+ecosystem%3A" + ecosystem,
		}
	}
	pip, err := bucket.NewPyPI(ghsa("pip"))
	if err != nil {
		return nil, err
	}
	golang, err := bucket.NewGo(ghsa("Go"))
	if err != nil {
		return nil, err
	}
	return map[string]origin{
		"pip": {pip.Name(), pip.DataSource()},
		"go":  {golang.Name(), golang.DataSource()},
		"debian 13": {bucket.NewDebian("13").Name(), types.DataSource{
			ID: "debian", Name: "Debian Security Tracker", URL: "https://salsa.debian.org/security-tracker-team/security-tracker",
		}},
		"amazon linux 2023": {bucket.NewAmazon("2023").Name(), types.DataSource{
			ID: "amazon", Name: "Amazon Linux Security Center", URL: "https://alas.aws.amazon.com/",
		}},
	}, nil
}

func write(content fixture, known map[string]origin) error {
	for _, one := range content.Advisories {
		vulnerability, err := describe(one)
		if err != nil {
			return err
		}
		store := func(tx *bolt.Tx) error { return config.PutVulnerability(tx, one.ID, vulnerability) }
		if err := config.BatchUpdate(store); err != nil {
			return err
		}
		for _, where := range one.Affects {
			from, ok := known[where.In]
			if !ok {
				return fmt.Errorf("%s: unknown ecosystem %q", one.ID, where.In)
			}
			if err := put(one.ID, where, from); err != nil {
				return err
			}
		}
	}
	return nil
}

func put(id string, where affected, from origin) error {
	if (where.Fixed == "") == (len(where.Vulnerable) == 0) {
		return fmt.Errorf("%s: %s needs either a fixed version or vulnerable ranges", id, where.Package)
	}
	source := func(tx *bolt.Tx) error { return config.PutDataSource(tx, from.bucket, from.source) }
	if err := config.BatchUpdate(source); err != nil {
		return err
	}
	entry := types.Advisory{
		FixedVersion:       where.Fixed,
		VulnerableVersions: where.Vulnerable,
		PatchedVersions:    where.Patched,
	}
	store := func(tx *bolt.Tx) error {
		return config.PutAdvisory(tx, []string{from.bucket, where.Package}, id, &entry)
	}
	return config.BatchUpdate(store)
}

func describe(one advisory) (types.Vulnerability, error) {
	if one.ID == "" || len(one.Sources) == 0 || len(one.Affects) == 0 {
		return types.Vulnerability{}, fmt.Errorf("advisory %q needs an id, its sources and what it affects", one.ID)
	}
	severities := types.VendorSeverity{}
	highest := types.SeverityUnknown
	for source, name := range one.Severity {
		severity, err := types.NewSeverity(name)
		if err != nil {
			return types.Vulnerability{}, fmt.Errorf("%s: %w", one.ID, err)
		}
		severities[types.SourceID(source)] = severity
		highest = max(highest, severity)
	}
	return types.Vulnerability{
		Title:          one.Title,
		Severity:       highest.String(),
		VendorSeverity: severities,
		References:     one.Sources,
	}, nil
}
