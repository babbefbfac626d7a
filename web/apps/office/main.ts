import 'element-plus/dist/index.css';
import './styles/theme.css';
import { i18n, locale, setLocale } from '@shared/i18n';
import { createApp } from 'vue';
import App from './App.vue';
import { router } from './router';

setLocale(locale());
createApp(App).use(i18n).use(router).mount('#app');
