package io.reconciler.eureka;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Security;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * From the environment to Eureka's properties: who the peers are and which of them this server is. What never depends on
 * the place is in eureka-server.properties and eureka-client.properties.
 */
final class Settings {
    private Settings() {}

    /** Sets the properties and returns this server's own URL; IllegalArgumentException says what is wrong. */
    static URI apply(Map<String, String> environment) {
        // A peer that is replaced has a new address under its old name.
        Security.setProperty("networkaddress.cache.ttl", "1");
        Security.setProperty("networkaddress.cache.negative.ttl", "0");
        String host = hostName();
        String given = environment.getOrDefault("EUREKA_URLS", "");
        List<URI> all = urls(given.isBlank() ? "http://" + host + ":8080/eureka/v2/" : given);
        URI own = own(all, host);
        var texts = all.stream().map(URI::toString).toList();
        set("eureka.serviceUrl.default", String.join(",", texts));
        set("eureka.myUrl", own.toString());
        set("eureka.hostname", own.getHost());
        // For the page's head: the environment, and the zone as its data center.
        set("eureka.environment", environment.getOrDefault("EC2_REGION", "none"));
        set("archaius.deployment.environment", environment.getOrDefault("EC2_REGION", "none"));
        set("eureka.datacenter", Self.zone(environment));
        boolean peers = all.size() > 1;
        set("eureka.shouldFetchRegistry", Boolean.toString(peers)); // the client inside: only to copy a peer's registry
        set("eureka.numberRegistrySyncRetries", peers ? "1" : "0"); // one try at once, none after a wait
        return own;
    }

    private static List<URI> urls(String text) {
        var found = new ArrayList<URI>();
        for (String part : text.split(",")) {
            String url = part.strip();
            if (url.isEmpty()) {
                continue;
            }
            found.add(url(url.endsWith("/") ? url : url + "/"));
        }
        return found;
    }

    private static URI url(String text) {
        try {
            URI url = URI.create(text);
            if (url.getHost() != null && "http".equals(url.getScheme()) && "/eureka/v2/".equals(url.getPath())) {
                return url;
            }
        } catch (IllegalArgumentException unreadable) {
            // Said below, as for every other wrong URL.
        }
        throw new IllegalArgumentException(
                "EUREKA_URLS: \"" + text + "\" is no URL like http://eureka1.eureka:8080/eureka/v2/");
    }

    /** The URL whose host is this host's name, with or without a domain; the only one where there is one. */
    private static URI own(List<URI> all, String hostName) {
        for (URI url : all) {
            if (url.getHost().equals(hostName) || url.getHost().startsWith(hostName + ".")) {
                return url;
            }
        }
        if (all.size() == 1) {
            return all.get(0);
        }
        throw new IllegalArgumentException(
                "EUREKA_URLS names " + all.size() + " servers and none of them is this one: no host begins with \""
                        + hostName + ".\". Start it under one of those names, or add its URL.");
    }

    private static String hostName() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        } catch (IOException unknown) {
            throw new IllegalArgumentException("this host's name can't be read: " + unknown.getMessage());
        }
    }

    private static void set(String name, String value) {
        if (System.getProperty(name) == null) {
            System.setProperty(name, value);
        }
    }
}
