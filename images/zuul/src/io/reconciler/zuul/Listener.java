package io.reconciler.zuul;

import com.netflix.config.DynamicIntProperty;
import com.netflix.netty.common.accesslog.AccessLogPublisher;
import com.netflix.netty.common.channel.config.ChannelConfig;
import com.netflix.netty.common.channel.config.CommonChannelConfigKeys;
import com.netflix.netty.common.metrics.EventLoopGroupMetrics;
import com.netflix.netty.common.proxyprotocol.StripUntrustedProxyHeadersHandler.AllowWhen;
import com.netflix.netty.common.status.ServerStatusManager;
import com.netflix.spectator.api.Registry;
import com.netflix.spectator.api.Spectator;
import com.netflix.zuul.BasicRequestCompleteHandler;
import com.netflix.zuul.DefaultFilterFactory;
import com.netflix.zuul.FilterLoader;
import com.netflix.zuul.FilterUsageNotifier;
import com.netflix.zuul.StaticFilterLoader;
import com.netflix.zuul.context.ZuulSessionContextDecorator;
import com.netflix.zuul.filters.ZuulFilter;
import com.netflix.zuul.message.http.HttpRequestMessage;
import com.netflix.zuul.message.http.HttpResponseMessage;
import com.netflix.zuul.netty.filter.ZuulEndPointRunner;
import com.netflix.zuul.netty.filter.ZuulFilterChainRunner;
import com.netflix.zuul.netty.server.BaseServerStartup;
import com.netflix.zuul.netty.server.ClientConnectionsShutdown;
import com.netflix.zuul.netty.server.DefaultEventLoopConfig;
import com.netflix.zuul.netty.server.DirectMemoryMonitor;
import com.netflix.zuul.netty.server.NamedSocketAddress;
import com.netflix.zuul.netty.server.Server;
import com.netflix.zuul.netty.server.ZuulServerChannelInitializer;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Set;

/** The port, and what happens to a request from there to our filters and {@link WebEndpoint}. */
final class Listener extends BaseServerStartup {
    private static final String NAME = "main";
    private static final int DRAIN_MILLIS = 3000;
    private static final int QUIET_MILLIS = 200;
    private static final int POLL_MILLIS = 20;
    private static final FilterUsageNotifier UNCOUNTED = (filter, status) -> {};

    private final ChannelGroup clients = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private Channels channels;
    private Server server;

    private Listener(Discovery discovery, WebOrigin web, FilterLoader filters, Registry registry) {
        super(
                new ServerStatusManager(discovery.own()),
                filters,
                new ZuulSessionContextDecorator(new OneOrigin(web)),
                UNCOUNTED,
                new BasicRequestCompleteHandler(),
                registry,
                new DirectMemoryMonitor(registry),
                new EventLoopGroupMetrics(registry),
                new DefaultEventLoopConfig(),
                discovery.client(),
                discovery.own(),
                new AccessLogPublisher("ACCESS", (channel, request) -> ""));
    }

    /** Opens the port. */
    static Listener open(Discovery discovery, WebOrigin web) {
        Health.discovery = discovery;
        var filters = new StaticFilterLoader(
                new DefaultFilterFactory(), Set.of(Route.class, Health.class, Refusal.class, Answers.class));
        var listener = new Listener(discovery, web, filters, Spectator.globalRegistry());
        listener.start();
        return listener;
    }

    private void start() {
        channels = new Channels(channelConfig(), defaultChannelDependencies(NAME), clients);
        int port = new DynamicIntProperty("zuul.server.port.main", 8080).get();
        server = new Server(
                registry,
                serverStatusManager,
                Map.of(new NamedSocketAddress(NAME, new InetSocketAddress(port)), channels),
                new ClientConnectionsShutdown(clients, GlobalEventExecutor.INSTANCE, null),
                eventLoopGroupMetrics,
                eventLoopConfig,
                null); // Edge says what happens at the end
        server.start();
    }

    void await() throws InterruptedException {
        server.awaitTermination();
    }

    /** Returns when no request has been in flight for a moment, after 3 s at the latest; each answer ends a connection. */
    void drain() {
        new ClientConnectionsShutdown(clients, GlobalEventExecutor.INSTANCE, null).gracefullyShutdownClientChannels();
        long now = System.currentTimeMillis();
        long end = now + DRAIN_MILLIS;
        long busyAt = now;
        while (now < end && now - busyAt < QUIET_MILLIS) {
            if (channels.inFlight() > 0) {
                busyAt = now;
            }
            try {
                Thread.sleep(POLL_MILLIS);
            } catch (InterruptedException hurried) {
                return;
            }
            now = System.currentTimeMillis();
        }
    }

    private static ChannelConfig channelConfig() {
        ChannelConfig config = defaultChannelConfig(NAME);
        config.set(CommonChannelConfigKeys.withProxyProtocol, false);
        config.set(CommonChannelConfigKeys.preferProxyProtocolForClientIp, false);
        config.set(CommonChannelConfigKeys.isSSlFromIntermediary, false);
        config.set(CommonChannelConfigKeys.allowProxyHeadersWhen, AllowWhen.ALWAYS);
        return config;
    }

    private static final class Channels extends ZuulServerChannelInitializer {
        Channels(ChannelConfig config, ChannelConfig dependencies, ChannelGroup clients) {
            super(NAME, config, dependencies, clients);
        }

        int inFlight() {
            return httpMetricsHandler.getInflightRequestsCount();
        }

        @Override
        protected ZuulEndPointRunner getEndpointRunner(
                ZuulFilterChainRunner<HttpResponseMessage> answers,
                FilterUsageNotifier notifier,
                FilterLoader filters) {
            return new ZuulEndPointRunner(notifier, filters, answers, registry) {
                @Override
                protected ZuulFilter<HttpRequestMessage, HttpResponseMessage> newProxyEndpoint(
                        HttpRequestMessage request) {
                    return new WebEndpoint(request, getChannelHandlerContext(request), getNextStage());
                }
            };
        }
    }
}
