package io.reconciler.eureka;

import com.netflix.eureka.EurekaBootStrap;
import com.netflix.eureka.EurekaServerContextHolder;
import com.netflix.eureka.GzipEncodingEnforcingFilter;
import com.netflix.eureka.StatusFilter;
import com.sun.jersey.api.container.filter.GZIPContentEncodingFilter;
import com.sun.jersey.api.core.ClassNamesResourceConfig;
import com.sun.jersey.api.core.ResourceConfig;
import com.sun.jersey.spi.container.servlet.ServletContainer;
import java.net.URI;
import java.util.EnumSet;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.servlet.DispatcherType;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.ContextHandlerCollection;
import org.eclipse.jetty.servlet.DefaultServlet;
import org.eclipse.jetty.servlet.FilterHolder;
import org.eclipse.jetty.servlet.ServletContextHandler;
import org.eclipse.jetty.servlet.ServletHolder;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * Netflix's Eureka server in an embedded Jetty: what its WAR's web.xml says, without the search for classes that a WAR
 * costs at every start. Nothing of Eureka itself is changed here.
 *
 * <p>The port opens last. So whoever gets an answer gets it from a registry that serves, and /healthcheck needs to look
 * at nothing.
 */
public final class Server {
    private static final int PORT = 8080;
    private static final int STOP_MILLIS = 1000;
    private static final int SESSION_SECONDS = 60;
    private static final EnumSet<DispatcherType> REQUEST = EnumSet.of(DispatcherType.REQUEST);

    /** Kept, so that its level stays: Jersey tells its version at every start. */
    private static final Logger JERSEY = Logger.getLogger("com.sun.jersey");

    /** The REST resources and the provider that the WAR has Jersey search for in all its jars. */
    private static final String[] RESOURCES = {
        "com.netflix.eureka.resources.ASGResource",
        "com.netflix.eureka.resources.ApplicationsResource",
        "com.netflix.eureka.resources.InstancesResource",
        "com.netflix.eureka.resources.PeerReplicationResource",
        "com.netflix.eureka.resources.SecureVIPResource",
        "com.netflix.eureka.resources.ServerInfoResource",
        "com.netflix.eureka.resources.StatusResource",
        "com.netflix.eureka.resources.VIPResource",
        "com.netflix.discovery.provider.DiscoveryJerseyProvider",
    };

    private Server() {}

    /** Runs until a signal comes; ends with 2 and one line where the settings are wrong. */
    public static void main(String[] arguments) throws Exception {
        JERSEY.setLevel(Level.WARNING);
        URI own;
        try {
            own = Settings.apply(System.getenv());
        } catch (IllegalArgumentException wrong) {
            System.err.println("eureka: " + wrong.getMessage());
            System.exit(2);
            return;
        }
        var server = new org.eclipse.jetty.server.Server(new QueuedThreadPool(24, 6));
        server.addConnector(connector(server));
        server.setHandler(new ContextHandlerCollection(registry(), new Front()));
        server.setStopTimeout(STOP_MILLIS);
        server.start();
        var self = new Self(EurekaServerContextHolder.getInstance().getServerContext().getRegistry(), own);
        self.start();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server, self), "stop"));
        server.join();
    }

    private static ServerConnector connector(org.eclipse.jetty.server.Server server) {
        var http = new HttpConfiguration();
        http.setSendServerVersion(false);
        var connector = new ServerConnector(server, 1, 1, new HttpConnectionFactory(http));
        connector.setPort(PORT);
        return connector;
    }

    private static ServletContextHandler registry() {
        // The pages want a session each, though they keep nothing in it.
        var context = new ServletContextHandler(ServletContextHandler.SESSIONS);
        context.getSessionHandler().setMaxInactiveInterval(SESSION_SECONDS);
        context.setContextPath("/eureka");
        context.setResourceBase("/opt/eureka/web");
        context.addEventListener(new EurekaBootStrap());
        Pages.add(context);
        context.addFilter(StatusFilter.class, "/*", REQUEST);
        for (String path : List.of("/v2/apps", "/v2/apps/*")) {
            context.addFilter(GzipEncodingEnforcingFilter.class, path, REQUEST);
        }
        context.addFilter(jersey(), "/*", REQUEST);
        context.addServlet(new ServletHolder("default", DefaultServlet.class), "/");
        return context;
    }

    private static FilterHolder jersey() {
        var resources = new ClassNamesResourceConfig(RESOURCES);
        var gzip = GZIPContentEncodingFilter.class.getName();
        resources.getProperties().put(ResourceConfig.PROPERTY_CONTAINER_REQUEST_FILTERS, gzip);
        resources.getProperties().put(ResourceConfig.PROPERTY_CONTAINER_RESPONSE_FILTERS, gzip);
        resources.getProperties().put(ServletContainer.PROPERTY_WEB_PAGE_CONTENT_REGEX, "/(js|css|jsp)/.*");
        return new FilterHolder(new ServletContainer(resources));
    }

    private static void stop(org.eclipse.jetty.server.Server server, Self self) {
        try {
            self.stop();
            server.stop();
        } catch (Exception failed) {
            System.err.println("eureka: stopping: " + failed);
        }
    }
}
