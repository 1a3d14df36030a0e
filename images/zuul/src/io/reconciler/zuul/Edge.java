package io.reconciler.zuul;

import com.netflix.config.ConfigurationManager;
import java.io.IOException;
import java.security.Security;
import java.util.Map;

/**
 * The main class: the edge of the site. It listens on 8080, finds the web tier in Eureka and passes requests on to it.
 *
 * <p>Order matters: the port opens when everything that a first request needs is built, and answers /healthcheck with
 * 503 until the first list of servers is here.
 */
public final class Edge {
    private static final String DEFAULT_VIP = "ACMEAIR_WEBAPP";

    private Edge() {}

    /** Runs until a signal comes; ends with 2 and one line where the settings are wrong. */
    public static void main(String[] arguments) throws Exception {
        try {
            configure(System.getenv());
        } catch (IllegalArgumentException wrong) {
            System.err.println("zuul: " + wrong.getMessage());
            System.exit(2);
        }
        var discovery = new Discovery();
        var listener = Listener.open(discovery, new WebOrigin(discovery));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(discovery, listener), "end"));
        listener.await();
    }

    private static void configure(Map<String, String> environment) throws IOException {
        // An Eureka that is replaced has a new address under its old name.
        Security.setProperty("networkaddress.cache.ttl", "1");
        Security.setProperty("networkaddress.cache.negative.ttl", "0");
        String urls = environment.getOrDefault("EUREKA_URLS", "").replace(" ", "");
        if (!urls.matches("http://[^,/]+/eureka/v2/?(,http://[^,/]+/eureka/v2/?)*")) {
            throw new IllegalArgumentException("EUREKA_URLS is \"" + urls
                    + "\"; set it to Eureka's v2 URLs, separated by commas: http://eureka1.eureka:8080/eureka/v2/");
        }
        System.setProperty("eureka.serviceUrl.default", urls);
        System.setProperty(
                "origin.ribbon.DeploymentContextBasedVipAddresses",
                environment.getOrDefault("ZUUL_VIP", DEFAULT_VIP));
        ConfigurationManager.loadPropertiesFromResources("application.properties");
    }

    /** Leaves the registry, lets requests in flight end, and is gone within 5 s. */
    private static void end(Discovery discovery, Listener listener) {
        discovery.leave();
        listener.drain();
    }
}
