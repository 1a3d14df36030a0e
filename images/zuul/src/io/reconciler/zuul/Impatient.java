package io.reconciler.zuul;

import com.netflix.appinfo.InstanceInfo;
import com.netflix.discovery.EurekaClientConfig;
import com.netflix.discovery.shared.resolver.EurekaEndpoint;
import com.netflix.discovery.shared.transport.EurekaHttpClient;
import com.netflix.discovery.shared.transport.EurekaHttpResponse;
import com.netflix.discovery.shared.transport.TransportClientFactory;
import com.netflix.discovery.shared.transport.TransportException;
import com.netflix.discovery.shared.transport.decorator.EurekaHttpClientDecorator;
import com.netflix.discovery.shared.transport.jersey.Jersey1TransportClientFactories;
import com.sun.jersey.api.client.filter.ClientFilter;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.HostnameVerifier;
import javax.net.ssl.SSLContext;

/**
 * Asks for what changed, and waits for it so briefly that the next Eureka still has time to answer. The client gives a
 * refresh as long as the refresh interval, 1 s, and counts its own time limits in whole seconds: with the first Eureka
 * cut off, each refresh would be broken off while the second one's answer is read, and the list never change again.
 */
final class Impatient extends Jersey1TransportClientFactories {
    private static final long PATIENCE_MILLIS = 500;

    private final ExecutorService asking = Executors.newCachedThreadPool(work -> {
        var thread = new Thread(work, "ask-eureka");
        thread.setDaemon(true);
        return thread;
    });

    @Override
    public TransportClientFactory newTransportClientFactory(
            EurekaClientConfig config,
            Collection<ClientFilter> filters,
            InstanceInfo own,
            Optional<SSLContext> tls,
            Optional<HostnameVerifier> verifier) {
        TransportClientFactory patient = super.newTransportClientFactory(config, filters, own, tls, verifier);
        return new TransportClientFactory() {
            @Override
            public EurekaHttpClient newClient(EurekaEndpoint endpoint) {
                return new Bounded(patient.newClient(endpoint));
            }

            @Override
            public void shutdown() {
                patient.shutdown();
            }
        };
    }

    private final class Bounded extends EurekaHttpClientDecorator {
        private final EurekaHttpClient client;

        Bounded(EurekaHttpClient client) {
            this.client = client;
        }

        @Override
        protected <R> EurekaHttpResponse<R> execute(RequestExecutor<R> request) {
            if (request.getRequestType() != RequestType.GetDelta) {
                return request.execute(client); // the first list, for one, takes longer while everything starts
            }
            var answer = asking.submit(() -> request.execute(client));
            try {
                return answer.get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException late) {
                throw new TransportException("no answer within " + PATIENCE_MILLIS + " ms", late);
            } catch (ExecutionException failed) {
                throw new TransportException(String.valueOf(failed.getCause()), failed.getCause());
            } catch (InterruptedException hurried) {
                Thread.currentThread().interrupt();
                throw new TransportException("the refresh was broken off", hurried);
            }
        }

        @Override
        public void shutdown() {
            client.shutdown();
        }
    }
}
